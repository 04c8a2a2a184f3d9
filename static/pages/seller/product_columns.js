import { html } from "htm/preact";
import { Picture } from "../../components/picture.js";
import { PriceCell } from "./price_cell.js";
import { States } from "./product_state.js";
import { ShowSwitch } from "./show_switch.js";
import { StockCell } from "./stock_cell.js";

/** @typedef {import("./types.js").Own} Own */

/**
 * What a row of one's products tells, and lets change.
 *
 * @param {(product: Own) => void} learn hears how a product is after a change
 * @param {string} query goes along to a product's own pages: which seller an admin has chosen
 * @returns {import("../../components/table.js").Column<Own>[]}
 */
export function columnsOf(learn, query) {
  return [
    { title: "Product", head: true, cell: (product) => html`<${Named} product=${product} query=${query} />` },
    { title: "Price", cell: (product) => html`<${PriceCell} product=${product} onSaved=${learn} />` },
    { title: "Available", cell: (product) => html`<${StockCell} product=${product} />` },
    { title: "State", cell: (product) => html`<${States} product=${product} />` },
    { title: "On show", cell: (product) => html`<${ShowSwitch} product=${product} onSaved=${learn} />` },
    {
      title: "More",
      quiet: true,
      cell: ({ id, name }) => html`<span class="own-ways">
        <a class="button button-text" href=${`/seller/products/${id}${query}`} aria-label=${`Edit ${name}`}>Edit</a>
        <a class="button button-text" href=${`/seller/products/${id}/stock${query}`} aria-label=${`Stock of ${name} over time`}>Stock</a>
      </span>`,
    },
  ];
}

/** @param {{product: Own, query: string}} props */
function Named({ product, query }) {
  const { id, name, category, sku, images } = product;
  return html`<span class="own-named">
    <span class="own-picture"><${Picture} name=${name} category=${category} image=${images[0]} decorative /></span>
    <span class="own-words"><a class="own-name" href=${`/seller/products/${id}${query}`}>${name}</a><span class="own-sku">${sku ?? "no SKU"} · ${category}</span></span>
  </span>`;
}
