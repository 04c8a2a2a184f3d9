import { html } from "htm/preact";
import { useRef } from "preact/hooks";
import { useLive } from "../live_context.js";
import { Picture } from "../picture.js";
import { focusNeighbour } from "./cart_line.js";

/** A line whose product has left the shop or is not for sale now: all that can be done is take it out. @param {{line: import("../../live/types.js").CartLine}} props */
export function GoneLine({ line }) {
  const { claims, products } = useLive();
  const row = useRef(/** @type {HTMLLIElement | null} */ (null));
  const { product_id: id, quantity } = line;
  const product = products.byId.value.get(id);
  const name = line.name || product?.name || "";
  const image = line.image ?? product?.images?.[0];

  const remove = () => {
    focusNeighbour(row.current);
    claims.change(id, -claims.quantity(id));
  };

  return html`<li class="line line-gone" ref=${row} data-product=${id}>
    ${name || image ? html`<${Picture} name=${name} category=${product?.category} image=${image} decorative />` : html`<div class="picture" aria-hidden="true"></div>`}
    <div class="line-words">
      <p class="line-name">${name || "No longer available"}</p>
      <p class="line-each"><span class="figures">${quantity} ×</span> ${line.name ? "Not for sale any more." : "This product has left the shop."}</p>
    </div>
    <button type="button" class="button button-text line-remove" onClick=${remove} aria-label=${`Remove ${name || "what is no longer available"}`}>Remove</button>
  </li>`;
}
