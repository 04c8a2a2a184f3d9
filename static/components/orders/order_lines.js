import { html } from "htm/preact";
import { money } from "../format.js";
import { useLive } from "../live_context.js";
import { Picture } from "../picture.js";
import { useProductsOf } from "./known_lines.js";

/**
 * What an order is made of, and what it costs.
 *
 * @param {{order: import("../../live/types.js").Order, total?: string}} props `total`: what the sum is called
 */
export function OrderLines({ order, total = "Total" }) {
  const { currency } = order;
  useProductsOf([order]);
  const back = order.refunds.reduce((sum, refund) => sum + refund.amount, 0);
  return html`
    <ul class="order-lines">${order.product_list.map((line) => html`<${Line} key=${line.product_id} line=${line} currency=${currency} />`)}</ul>
    <div class="totals">
      ${order.shipping > 0 && html`<p class="shipping"><span>Shipping</span><span class="figures">${money(order.shipping, currency)}</span></p>`}
      <p class="total"><span>${total}</span><strong class="figures">${money(order.total_amount, currency)}</strong></p>
      ${back > 0 && html`<p class="shipping"><span>Given back</span><span class="figures">${money(back, currency)}</span></p>`}
    </div>
  `;
}

/** @param {{line: import("../../live/types.js").OrderLine, currency: string}} props */
function Line({ line, currency }) {
  const { products } = useLive();
  const product = products.byId.value.get(line.product_id);
  return html`<li class="order-line">
    <${Picture} name=${line.name} category=${product?.category} image=${product?.images?.[0]} decorative />
    <div class="order-line-words">
      <p class="line-name">${product ? html`<a href=${`/product/${line.product_id}`}>${line.name}</a>` : line.name}</p>
      <p class="line-each figures">
        ${line.quantity} × ${line.list_price ? html`<s><span class="unseen">before </span>${money(line.list_price, currency)}</s> ` : null}${money(line.price, currency)}
        ${line.returned > 0 && html` · ${line.returned} returned`}
      </p>
    </div>
    <p class="line-total figures">${money(line.price * line.quantity, currency)}</p>
  </li>`;
}
