import { html } from "htm/preact";
import { useSignal } from "@preact/signals";
import { plural } from "../../components/format.js";
import { useLive } from "../../components/live_context.js";
import { department } from "../../live/products.js";
import { Departments } from "./departments.js";
import { ProductCard } from "./product_card.js";

const PLACEHOLDERS = 8;

/** The products: loading, failed, empty, or the grid. */
export function Shelf() {
  const { products } = useLive();
  const chosen = useSignal("");
  const list = products.list.value;
  const shown = list.filter((product) => !chosen.value || department(product) === chosen.value);

  return html`<section id="products" class="shelf" aria-labelledby="products-title" tabindex="-1">
    <div class="shelf-head">
      <h2 id="products-title" class="shelf-title">Products</h2>
      ${list.length > 0 && html`<p class="shelf-count">${plural(shown.length, "product")}</p>`}
      <${Departments} chosen=${chosen} />
    </div>
    ${body(products, shown)}
  </section>`;
}

/**
 * @param {import("../../live/products.js").Products} products
 * @param {import("../../live/types.js").Product[]} shown
 */
function body(products, shown) {
  if (products.phase.value === "loading") return html`<${Placeholders} />`;
  if (products.phase.value === "failed") {
    return html`<div class="note" role="alert">
      <p class="note-title">The products could not be loaded.</p>
      <p>The shop may be restarting. They load by themselves once it is back, or try now.</p>
      <button type="button" class="button button-quiet" onClick=${products.load}>Try again</button>
    </div>`;
  }
  if (shown.length === 0) {
    return html`<div class="note">
      <p class="note-title">Nothing on the shelf.</p>
      <p>New products show up here by themselves, the moment a seller publishes them.</p>
    </div>`;
  }
  return html`<ul class="grid">${shown.map((product) => html`<${ProductCard} key=${product.id} product=${product} />`)}</ul>`;
}

function Placeholders() {
  const cards = Array.from({ length: PLACEHOLDERS }, (_, index) => html`<li class="card card-waiting" key=${index}>
    <div class="card-picture waiting"></div>
    <div class="card-body"><span class="waiting waiting-line"></span><span class="waiting waiting-short"></span><span class="waiting waiting-button"></span></div>
  </li>`);
  return html`<p class="unseen" role="status">Loading products</p><ul class="grid" aria-hidden="true">${cards}</ul>`;
}
