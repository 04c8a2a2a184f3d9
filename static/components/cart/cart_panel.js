import { html } from "htm/preact";
import { plural } from "../format.js";
import { Icon } from "../icon.js";
import { useLive } from "../live_context.js";
import { CartFoot } from "./cart_foot.js";
import { CartLines } from "./cart_lines.js";
import { EmptyCart } from "./empty_cart.js";
import { HoldBar } from "./hold_bar.js";
import { Released } from "./released.js";

/** The cart, from empty to the way to the checkout. @param {{onClose?: () => void}} props `onClose`: it stands in a sheet */
export function CartPanel({ onClose }) {
  const { cart, claims } = useLive();
  const lines = cart.lines.value;
  return html`<div class="cart">
    <div class="cart-head">
      <h2 id="cart-title" class="cart-title" tabindex="-1">Your cart</h2>
      <p class="cart-count">${cart.count.value > 0 && plural(cart.count.value, "item")}</p>
      ${lines.length > 0 && html`<button type="button" class="button button-text" onClick=${claims.clear} aria-label="Empty the cart">Empty</button>`}
      ${onClose && html`<button type="button" class="icon-button" onClick=${onClose} aria-label="Close the cart"><${Icon} name="cross" /></button>`}
    </div>
    <${Released} />
    ${cart.current.value === null && html`<div class="cart-waiting" aria-hidden="true"><span class="waiting"></span><span class="waiting"></span></div>`}
    ${cart.current.value && lines.length === 0 && html`<${EmptyCart} />`}
    ${lines.length > 0 && html`<${HoldBar} /><${CartLines} lines=${lines} /><${CartFoot} onLeave=${onClose} panel />`}
  </div>`;
}
