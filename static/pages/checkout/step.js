import { html } from "htm/preact";
import { Page } from "../../components/page.js";
import { Failed, Skeleton } from "../../components/states.js";
import { useLive } from "../../components/live_context.js";
import { EmptyCart } from "../../components/cart/empty_cart.js";
import { Released } from "../../components/cart/released.js";
import { Entrance } from "./entrance.js";
import { Strip } from "./strip.js";
import { useCheckout, useOrdering } from "./use_checkout.js";
import { YourOrder } from "./your_order.js";

/** @typedef {import("../../live/types.js").CheckoutState} CheckoutState */

/**
 * One step of the checkout: where one is in it, how long the cart is held, what is ordered beside it. Whoever is not
 * signed in, and may not order as a guest, is let in here; a cart that has become empty is explained.
 *
 * @param {{step: "address" | "payment" | "summary", title: string, children: (state: CheckoutState) => import("preact").ComponentChildren}} props
 */
export function Step({ step, title, children }) {
  const { state, problem, reload } = useCheckout();
  return html`<${Page} title=${title} nav=${html`<${Strip} step=${step} state=${state} />`}>
    <${Inside} state=${state} problem=${problem} reload=${reload}>${children}<//>
  <//>`;
}

/** @param {{state: CheckoutState | null, problem: string, reload: () => void, children: (state: CheckoutState) => import("preact").ComponentChildren}} props */
function Inside({ state, problem, reload, children }) {
  const { session, shop, cart, renewal } = useLive();
  const { busy } = useOrdering();
  const empty = !busy && cart.current.value !== null && cart.lines.value.length === 0;
  if (empty) return html`<${NothingToOrder} state=${state} />`;
  const stranger = !session.user.value && !shop.facts.value.guest_checkout;
  if (stranger && !renewal.recalling.value && cart.current.value) return html`<${Beside} state=${state}><${Entrance} /><//>`;
  if (!state && problem) return html`<${Failed} problem=${problem} onRetry=${reload} />`;
  if (!state || renewal.recalling.value) return html`<${Skeleton} rows=${4} label="Loading your checkout" />`;
  return html`<${Beside} state=${state}>${children(state)}<//>`;
}

/** @param {{state: CheckoutState | null, children?: import("preact").ComponentChildren}} props */
function Beside({ state, children }) {
  return html`<div class="checkout">
    <div class="checkout-main">${children}</div>
    ${state && html`<${YourOrder} state=${state} />`}
  </div>`;
}

/** @param {{state: CheckoutState | null}} props */
function NothingToOrder({ state }) {
  const { cart } = useLive();
  const ended = cart.released.value.length === 0 && state?.problems.some(({ code }) => code === "cart_expired");
  return html`<div class="panel">
    <${Released} />
    ${ended && html`<div class="released" role="status"><p class="released-title">Your hold ended</p><p>What was in your cart went back on the shelf. Nothing was ordered.</p></div>`}
    <${EmptyCart}><a class="button button-quiet" href="/listing">To the shop</a><//>
  </div>`;
}
