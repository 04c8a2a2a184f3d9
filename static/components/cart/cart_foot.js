import { html } from "htm/preact";
import { Icon } from "../icon.js";
import { useLive } from "../live_context.js";
import { Totals } from "./totals.js";
import { WarnMe } from "./warn_me.js";

/** What it comes to, the way to the checkout, and being warned. @param {{onLeave?: () => void, panel?: boolean}} props `panel`: it is beside a page */
export function CartFoot({ onLeave, panel = false }) {
  const { cart, shop } = useLive();
  const current = cart.current.value;
  if (!current) return null;
  const saved = cart.saved.value;
  return html`<div class="cart-foot">
    ${cart.orderable.value.length > 0 && html`<${Totals} subtotal=${cart.goods.value + saved} saved=${saved} shipping=${cart.shipping.value} total=${cart.payable.value}
      currency=${cart.currency.value} freeFrom=${shop.facts.value.free_shipping_from} />`}
    <${CheckoutButton} onLeave=${onLeave} />
    ${panel && html`<a class="button button-text" href="/order/cart">Open the cart page</a>`}
    ${current.user_id === null && html`<${WarnMe} />`}
  </div>`;
}

/** On to the checkout; not while something in the cart cannot be ordered, or is still on its way into it. @param {{onLeave?: () => void}} props */
function CheckoutButton({ onLeave }) {
  const { cart, claims, place, ordering } = useLive();
  const gone = cart.orderable.value.length < cart.lines.value.length;
  const asking = ordering.phase.value === "unsure" || ordering.phase.value === "placing";
  const busy = gone || claims.wishes.value.size > 0;
  const go = () => {
    if (busy) return;
    onLeave?.();
    place.go(asking ? "/order/summary" : "/order/address");
  };
  return html`
    <button type="button" class="button button-main" aria-disabled=${busy} onClick=${go}>
      ${asking ? "Checking your order…" : "Checkout"}${!asking && html`<${Icon} name="next" />`}
    </button>
    ${gone && html`<p class="order-note">Remove what is not for sale any more, then order.</p>`}
  `;
}
