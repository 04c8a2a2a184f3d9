import { html } from "htm/preact";
import { clockFace, money, plural } from "../format.js";
import { Icon } from "../icon.js";
import { useLive } from "../live_context.js";

/** The cart in one line at the bottom of a narrow window, once there is something in it; opens the sheet. @param {{onOpen: () => void}} props */
export function CartBar({ onOpen }) {
  const { cart } = useLive();
  const current = cart.current.value;
  const seconds = cart.secondsLeft();
  const filled = current && cart.lines.value.length > 0;
  if (!filled && cart.released.value.length === 0) return html`<p id="cart" class="unseen" tabindex="-1">Your cart is empty</p>`;
  return html`<div id="cart" class="cart-bar" tabindex="-1">
    <button type="button" class="cart-bar-button" aria-haspopup="dialog" onClick=${onOpen}>
      <${Icon} name="cart" />
      <span>${filled ? plural(cart.count.value, "item") : "Your hold ended"}</span>
      ${filled && seconds !== null && html`<span class="cart-bar-hold figures" aria-live="off">held ${clockFace(seconds)}</span>`}
      ${cart.count.value > 0 && html`<strong class="figures">${money(cart.payable.value, cart.currency.value)}</strong>`}
    </button>
  </div>`;
}
