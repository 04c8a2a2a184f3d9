import { html } from "htm/preact";
import { money } from "../../../components/format.js";
import { useLive } from "../../../components/live_context.js";
import { Picture } from "../../../components/picture.js";
import { Tag } from "../../../components/status.js";
import { counted } from "../words.js";
import { ProductAct } from "./act.js";

/** @typedef {import("../../../live/types.js").Product & {disabled: boolean, disabled_reason: string | null, sku: string | null}} AdminProduct */

/**
 * @param {ReadonlyMap<string, string>} sellers their names
 * @param {(product: AdminProduct) => void} onChanged
 */
export function columns(sellers, onChanged) {
  return [
    { title: "Product", head: true, words: true, cell: (/** @type {AdminProduct} */ one) => html`<${Named} product=${one} />` },
    { title: "Seller", words: true, cell: (/** @type {AdminProduct} */ one) => html`<a href=${`/admin/users/${one.seller_id}`}>${sellers.get(one.seller_id) ?? "Somebody"}</a>` },
    { title: "Price", numeric: true, cell: (/** @type {AdminProduct} */ one) => money(one.price, one.currency) },
    { title: "Stock, held, free", numeric: true, cell: (/** @type {AdminProduct} */ one) => html`<${LiveLevel} product=${one} />` },
    { title: "State", cell: (/** @type {AdminProduct} */ one) => html`<${ProductState} product=${one} />` },
    { title: "Acts", quiet: true, cell: (/** @type {AdminProduct} */ one) => html`<${ProductAct} product=${one} onChanged=${onChanged} />` },
  ];
}

/** @param {{product: AdminProduct}} props */
function Named({ product }) {
  const { id, name, category, images, sku } = product;
  return html`<span class="named">
    <span class="named-picture"><${Picture} name=${name} category=${category} image=${images[0]} decorative /></span>
    <span class="fact-words"><a class="row-link" href=${`/product/${id}`}>${name}</a><span class="soft small">${[category, sku].filter(Boolean).join(" · ")}</span></span>
  </span>`;
}

/** A level as it is this moment. @param {{product: AdminProduct}} props */
function LiveLevel({ product }) {
  const { stock } = useLive();
  const level = stock.level(product.id).value ?? product;
  return html`<span class="level" data-version=${level.version}>
    <span><span class="unseen">Stock </span>${counted(level.stock)}</span><span class="soft"><span class="unseen">held </span>${counted(level.held)}</span><strong><span class="unseen">free </span>${counted(level.available)}</strong>
  </span>`;
}

/** @param {{product: AdminProduct}} props */
function ProductState({ product }) {
  if (product.disabled) return html`<span class="fact-words"><span><${Tag} tone="wrong">Disabled<//></span><span class="small reason">${product.disabled_reason}</span></span>`;
  return product.published ? html`<${Tag} tone="in">On show<//>` : html`<${Tag} tone="out">Withdrawn<//>`;
}
