import { html } from "htm/preact";
import { money } from "../format.js";

/**
 * What it comes to: what the goods cost, what is saved, what sending costs, and all of it.
 *
 * @param {{subtotal: number, saved: number, shipping: number, total: number, currency: string, freeFrom?: number | null, label?: string}} props
 *   `subtotal` before what is `saved`; `freeFrom`: worth of goods from which sending is free
 */
export function Totals({ subtotal, saved, shipping, total, currency, freeFrom = null, label = "Total" }) {
  const more = freeFrom === null || shipping === 0 ? 0 : freeFrom - (subtotal - saved);
  return html`<div class="totals">
    ${(saved > 0 || shipping > 0) && html`<p class="shipping"><span>Subtotal</span><span class="figures">${money(subtotal, currency)}</span></p>`}
    ${saved > 0 && html`<p class="shipping totals-saved"><span>You save</span><span class="figures">−${money(saved, currency)}</span></p>`}
    ${shipping > 0 && html`<p class="shipping"><span>Shipping</span><span class="figures">${money(shipping, currency)}</span></p>`}
    ${freeFrom !== null && shipping === 0 && total > 0 && html`<p class="shipping"><span>Shipping</span><span>free</span></p>`}
    <p class="total"><span>${label}</span><strong class="figures">${money(total, currency)}</strong></p>
    ${more > 0 && html`<p class="order-note">${money(more, currency)} more, and shipping is free.</p>`}
  </div>`;
}
