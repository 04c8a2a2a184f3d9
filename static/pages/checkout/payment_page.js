import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";
import { useLive } from "../../components/live_context.js";
import { Option } from "./address_book.js";
import { SandboxCard } from "./sandbox_card.js";
import { Step } from "./step.js";
import { StripeCard } from "./stripe_card.js";

/** @typedef {import("../../live/types.js").CheckoutState} CheckoutState */
/** @typedef {import("../../live/checkout.js").Paying} Paying */

/** @type {Record<string, [string, string]>} */
const METHODS = { stripe: ["Card", "Visa, Mastercard and others, by Stripe"], sandbox: ["Test card", "No money moves"] };

/** How it is paid. */
export function PaymentPage() {
  return html`<${Step} step="payment" title="Payment">${(/** @type {CheckoutState} */ state) => html`<${Methods} state=${state} />`}<//>`;
}

/** @param {{state: CheckoutState}} props */
function Methods({ state }) {
  const { checkout, place } = useLive();
  const known = state.methods.filter((method) => METHODS[method]).sort((one, other) => Number(one === "sandbox") - Number(other === "sandbox"));
  const [method, setMethod] = useState(() => (state.method && known.includes(state.method) ? state.method : (known[0] ?? "")));
  const nowhere = !state.address;
  useEffect(() => { if (nowhere) place.go("/order/address", { replacing: true }); }, [nowhere, place]);

  /** @param {Paying} paying */
  const on = async (paying) => {
    await checkout.choose({ method });
    checkout.payWith(paying);
    place.go("/order/summary");
  };
  return html`<section class="panel" aria-labelledby="how">
    <h2 id="how" class="panel-title">How would you like to pay?</h2>
    ${checkout.declined.value && html`<div class="declined" role="alert"><p><strong>The payment was declined.</strong> ${checkout.declined.value}</p><p>Nothing was ordered, and your cart is still held. Try another card.</p></div>`}
    ${known.length > 1 && html`<fieldset class="options"><legend class="unseen">Payment method</legend>
      ${known.map((each) => html`<${Option} key=${each} group="method" value=${each} chosen=${method} onChoose=${setMethod} name=${METHODS[each]?.[0]}><span class="soft small">${METHODS[each]?.[1]}</span><//>`)}
    </fieldset>`}
    ${method === "stripe" && html`<${StripeCard} onDone=${on} />`}
    ${method === "sandbox" && html`<${SandboxCard} onDone=${on} />`}
    ${known.length === 0 && html`<p class="form-problem">This shop takes no payments just now.</p>`}
  </section>`;
}
