import { html } from "htm/preact";
import { numberOf } from "../../components/orders/order_words.js";
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
  const { cart } = useLive();
  const { busy } = useOrdering();
  if (!busy && cart.current.value !== null && cart.lines.value.length === 0) return html`<${NothingToOrder} state=${state} />`;
  return html`<${Page} title=${title} nav=${html`<${Strip} step=${step} state=${state} />`}>
    <${Inside} step=${step} state=${state} problem=${problem} reload=${reload}>${children}<//>
  <//>`;
}

/** @param {{step: string, state: CheckoutState | null, problem: string, reload: () => void, children: (state: CheckoutState) => import("preact").ComponentChildren}} props */
function Inside({ step, state, problem, reload, children }) {
  const { session, shop, cart, renewal } = useLive();
  const stranger = !session.user.value && !shop.facts.value.guest_checkout;
  if (stranger && !renewal.recalling.value && cart.current.value) return html`<${Beside} step=${step} state=${state}><${Entrance} /><//>`;
  if (!state && problem) return html`<${Failed} problem=${problem} onRetry=${reload} />`;
  if (!state || renewal.recalling.value) return html`<${Skeleton} rows=${4} label="Loading your checkout" />`;
  return html`<${Beside} step=${step} state=${state}>${children(state)}<//>`;
}

/** What is ordered stands beside a step; where there is no room, below it, but above where it is paid. @param {{step: string, state: CheckoutState | null, children?: import("preact").ComponentChildren}} props */
function Beside({ step, state, children }) {
  const order = state && html`<${YourOrder} key="order" state=${state} />`;
  const main = html`<div class="checkout-main" key="main">${children}</div>`;
  return html`<div class="checkout" data-step=${step}>${step === "summary" ? [order, main] : [main, order]}</div>`;
}

/** No steps over an empty cart: what has become of it. @param {{state: CheckoutState | null}} props */
function NothingToOrder({ state }) {
  const { cart, ordering } = useLive();
  const none = cart.released.value.length === 0;
  const id = none ? ordering.last : null;
  const ended = none && !id && state?.problems.some(({ code }) => code === "cart_expired");
  if (id) return html`<${Ordered} id=${id} />`;
  return html`<${Page} title="Nothing to order">
    <div class="panel">
      <${Released} />
      ${ended && html`<div class="released" role="status"><p class="released-title">Your hold ended</p><p>What was in your cart went back on the shelf. Nothing was ordered.</p></div>`}
      <${EmptyCart}><a class="button button-quiet" href="/listing">To the shop</a><//>
    </div>
  <//>`;
}

/** Somebody came back to a step whose order is placed. @param {{id: string}} props */
function Ordered({ id }) {
  const lead = html`Order <strong class="figures">${numberOf({ id })}</strong> is placed, and your cart is empty.`;
  return html`<${Page} title="You have ordered" lead=${lead}>
    <p class="page-actions"><a class="button button-main" href=${`/order/submitted/${id}`}>See your order</a><a class="button button-quiet" href="/listing">Keep shopping</a></p>
  <//>`;
}
