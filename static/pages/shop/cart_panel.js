import { html } from "htm/preact";
import { plural } from "../../components/format.js";
import { Icon } from "../../components/icon.js";
import { useLive } from "../../components/live_context.js";
import { isGone } from "../../live/cart.js";
import { CartFoot } from "./cart_foot.js";
import { CartLine } from "./cart_line.js";
import { Confirmation } from "./confirmation.js";
import { EmptyCart } from "./empty_cart.js";
import { GoneLine } from "./gone_line.js";
import { HoldBar } from "./hold_bar.js";
import { Released } from "./released.js";

/** The cart, from empty to ordered. @param {{onClose?: () => void}} props `onClose`: it stands in a sheet */
export function CartPanel({ onClose }) {
  const { cart, claims, ordering } = useLive();
  if (ordering.phase.value === "done") return html`<${Confirmation} onClose=${onClose} />`;
  const lines = cart.lines.value;
  return html`<div class="cart">
    <header class="cart-head">
      <h2 id="cart-title" class="cart-title" tabindex="-1">Your cart</h2>
      <p class="cart-count">${lines.length > 0 && plural(cart.count.value, "item")}</p>
      ${lines.length > 0 && html`<button type="button" class="button button-text" onClick=${claims.clear} aria-label="Empty the cart">Empty</button>`}
      ${onClose && html`<button type="button" class="icon-button" onClick=${onClose} aria-label="Close the cart"><${Icon} name="cross" /></button>`}
    </header>
    <${Released} />
    ${cart.current.value === null && html`<div class="cart-waiting" aria-hidden="true"><span class="waiting"></span><span class="waiting"></span></div>`}
    ${cart.current.value && lines.length === 0 && html`<${EmptyCart} />`}
    ${lines.length > 0 && html`
      <${HoldBar} />
      <ul class="cart-lines">${lines.map((line) => html`<${isGone(line) ? GoneLine : CartLine} key=${line.product_id} line=${line} />`)}</ul>
      <${CartFoot} />
    `}
  </div>`;
}
