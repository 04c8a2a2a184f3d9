import { html } from "htm/preact";
import { money } from "../../components/format.js";

/** What an order is made of, and what it costs. @param {{order: import("../../live/types.js").Order, total: string}} props */
export function OrderLines({ order, total }) {
  return html`
    <ul class="confirmation-lines">
      ${order.product_list.map((line) => html`<li key=${line.product_id}>
        <span class="figures">${line.quantity} ×</span> <span>${line.name}</span>
        <span class="figures">${money(line.price * line.quantity, order.currency)}</span>
      </li>`)}
    </ul>
    ${order.shipping > 0 && html`<p class="shipping"><span>Shipping</span><span class="figures">${money(order.shipping, order.currency)}</span></p>`}
    <p class="total"><span>${total}</span><strong class="figures">${money(order.total_amount, order.currency)}</strong></p>
  `;
}
