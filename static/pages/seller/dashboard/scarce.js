import { html } from "htm/preact";
import { Tag } from "../../../components/status.js";
import { useStaying } from "../whose.js";
import { fresh } from "./changes.js";

/**
 * @typedef {import("./shapes.js").Dashboard} Dashboard
 * @typedef {import("./shapes.js").StockLevel} StockLevel
 */

const SHOWN = 8;

/** What is out or runs low, each with the way to restock it. @param {{data: Dashboard}} props */
export function Scarce({ data }) {
  const staying = useStaying();
  const out = data.out_of_stock.items.map((item) => fresh(data, item));
  const low = data.low_stock.items.map((item) => fresh(data, item));
  const shown = [...out, ...low].slice(0, SHOWN);
  const more = data.out_of_stock.count + data.low_stock.count - shown.length;
  return html`<section class="panel" aria-labelledby="scarce">
    <h2 class="panel-title" id="scarce">Out and running low</h2>
    ${shown.length === 0 && html`<p class="soft">Nothing runs low. Well stocked.</p>`}
    <ul class="lines">${shown.map((item) => html`<${ScarceRow} key=${item.id} item=${item} />`)}</ul>
    ${more > 0 && html`<a class="button button-text" href=${`/seller/products${staying}`}>${more} more run low</a>`}
  </section>`;
}

/** @param {{item: StockLevel}} props */
function ScarceRow({ item }) {
  const { id, name, available, held, stock } = item;
  const staying = useStaying();
  return html`<li class="line-row" data-product=${id}>
    <div class="line-words">
      <p class="line-name">${name}</p>
      <p class="small"><${Tag} tone=${available > 0 ? "low" : stock > 0 ? "held" : "out"}>${levelWords(available, stock)}<//>${held > 0 && html` <span class="soft figures">${held} in carts</span>`}</p>
    </div>
    <a class="button button-quiet" href=${`/seller/products/${id}/stock${staying}`} aria-label=${`Restock ${name}`}>Restock</a>
  </li>`;
}

/** @param {number} available @param {number} stock */
function levelWords(available, stock) {
  if (available > 0) return `Only ${available} left`;
  return stock > 0 ? "All held" : "Out of stock";
}
