import { html } from "htm/preact";
import { useEffect, useRef } from "preact/hooks";
import { useSignalEffect } from "@preact/signals";
import { money } from "../../components/format.js";
import { useLive } from "../../components/live_context.js";
import { OrderAddress } from "../../components/orders/order_address.js";
import { Obstacles } from "./obstacles.js";
import { Step } from "./step.js";
import { useOrdering } from "./use_checkout.js";

/** @typedef {import("../../live/types.js").CheckoutState} CheckoutState */

/** All of it once more, and ordering it. */
export function SummaryPage() {
  const { ordering, place, checkout } = useLive();
  useSignalEffect(() => {
    const placed = ordering.phase.value === "done" ? ordering.order.value : null;
    if (placed) place.go(`/order/submitted/${placed.id}`, { replacing: true });
  });
  useSignalEffect(() => {
    const found = ordering.obstacle.value;
    if (found?.code !== "payment_declined") return;
    checkout.decline("The bank, or the card itself, said no.");
    ordering.obstacle.value = null;
    place.go("/order/payment", { replacing: true });
  });
  return html`<${Step} step="summary" title="Look it over">${(/** @type {CheckoutState} */ state) => html`<${Summary} state=${state} />`}<//>`;
}

/** @param {{state: CheckoutState}} props */
function Summary({ state }) {
  const { checkout, ordering, place, session, shop } = useLive();
  const { phase, busy } = useOrdering();
  const paying = checkout.paying.value;
  const missing = busy ? null : !state.address || (!state.email && !session.user.value) ? "/order/address" : !paying ? "/order/payment" : null;
  useEffect(() => { if (missing) place.go(missing, { replacing: true }); }, [missing, place]);
  const stops = state.problems.some(({ code }) => code !== "price_changed");
  const currency = state.currency ?? "EUR";
  const pay = () => {
    if (busy || stops || !paying) return;
    void ordering.begin({ order_key: state.order_key, payment: paying.payment, expected_total: state.total_amount });
  };
  return html`
    <section class="panel" aria-labelledby="goes-to"><div class="summary-head"><h2 id="goes-to" class="panel-title">It goes to</h2>${!busy && html`<a class="button button-text" href="/order/address">Change<span class="unseen"> the address</span></a>`}</div>
      ${state.address && html`<${OrderAddress} address=${state.address} />`}
      ${state.email && shop.facts.value.mails && html`<p class="soft small">News goes to ${state.email}.</p>`}
    </section>
    <section class="panel" aria-labelledby="paid-by"><div class="summary-head"><h2 id="paid-by" class="panel-title">Paid with</h2>${!busy && html`<a class="button button-text" href="/order/payment">Change<span class="unseen"> the payment</span></a>`}</div>
      <p>${paying?.words ?? "The payment that is under way"}</p>
    </section>
    <${Obstacles} state=${state} />
    ${busy ? html`<${UnderWay} phase=${phase} />` : html`<button type="button" class="button button-main" aria-disabled=${stops || !paying} onClick=${pay}>Pay <span class="figures">${money(state.total_amount, currency)}</span></button>`}
    ${!busy && html`<p class="order-note">You pay when you press this, and not before.</p>`}
  `;
}

/** @type {Record<string, [string, string]>} */
const SAID = {
  placing: ["Placing your order…", "A moment."],
  unsure: ["Checking your order…", "The shop has not answered yet. We ask again until it does; it is ordered once, whatever happens. You may reload this page."],
  confirming: ["Your bank wants to be sure it is you", "Confirm the payment in the window of your bank. Then it goes on by itself."],
};

/** @param {{phase: string}} props */
function UnderWay({ phase }) {
  const box = useRef(/** @type {HTMLDivElement | null} */ (null));
  useEffect(() => box.current?.focus(), []);
  const [title, words] = SAID[phase] ?? ["", ""];
  return html`<div class="under-way" role="status" tabindex="-1" ref=${box} data-phase=${phase}><span class="under-way-keys" aria-hidden="true"><i></i><i></i><i></i><i></i><i></i></span><div><p class="under-way-title">${title}</p><p class="soft">${words}</p></div></div>`;
}
