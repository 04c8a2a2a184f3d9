import { html } from "htm/preact";
import { isGone } from "../../live/cart.js";
import { CartLine } from "./cart_line.js";
import { GoneLine } from "./gone_line.js";

/** The lines of the cart. @param {{lines: import("../../live/types.js").CartLine[]}} props */
export function CartLines({ lines }) {
  return html`<ul class="cart-lines">${lines.map((line) => html`<${isGone(line) ? GoneLine : CartLine} key=${line.product_id} line=${line} />`)}</ul>`;
}
