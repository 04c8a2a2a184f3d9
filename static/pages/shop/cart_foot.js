import { html } from "htm/preact";
import { money } from "../../components/format.js";
import { useLive } from "../../components/live_context.js";
import { isGone } from "../../live/cart.js";
import { WarnMe } from "./warn_me.js";

/** The total, ordering, and being warned. */
export function CartFoot() {
  const { cart } = useLive();
  const current = cart.current.value;
  if (!current) return null;

  return html`<footer class="cart-foot">
    ${cart.shipping.value > 0 && html`<p class="shipping"><span>Shipping</span><span class="figures">${money(cart.shipping.value, cart.currency.value)}</span></p>`}
    <p class="total"><span>Total</span><strong class="figures">${money(cart.payable.value, cart.currency.value)}</strong></p>
    <${OrderButton} />
    ${current.user_id === null && html`<${WarnMe} />`}
  </footer>`;
}

/** Ordering, as far as this room goes: the demo buyer of the demo data. */
function OrderButton() {
  const { cart, ordering, session, shop, claims } = useLive();
  const user = session.user.value;
  const gone = cart.lines.value.some(isGone);
  const busy = gone || ordering.phase.value !== "idle" || claims.wishes.value.size > 0;
  if (!shop.facts.value.demo) return html`<p class="order-note">Ordering opens with the checkout page.</p>`;
  return html`
    ${ordering.problem.value && html`<p class="order-problem" role="alert">${ordering.problem.value}</p>`}
    <button
      type="button"
      class="button button-main"
      aria-disabled=${busy}
      onClick=${() => { if (!busy) void ordering.orderAsDemoBuyer(); }}
    >${label(ordering.phase.value, user?.name)}</button>
    ${gone && html`<p class="order-note">Remove what is no longer available, then order.</p>`}
    ${!user && !gone && html`<p class="order-note">Signs you in and pays with a test card.</p>`}
  `;
}

/**
 * @param {"idle" | "placing" | "unsure" | "done"} phase
 * @param {string | undefined} name
 */
function label(phase, name) {
  if (phase === "placing") return "Ordering…";
  if (phase === "unsure") return "Checking your order…";
  return name ? `Order as ${name}` : "Order as the demo buyer";
}
