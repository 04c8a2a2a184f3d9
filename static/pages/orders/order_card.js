import { html } from "htm/preact";
import { money, plural } from "../../components/format.js";
import { Icon } from "../../components/icon.js";
import { useLive } from "../../components/live_context.js";
import { dayOf, numberOf } from "../../components/orders/order_words.js";
import { Picture } from "../../components/picture.js";
import { Status } from "../../components/status.js";

const MOST_PICTURES = 4;

/** One order in the list: when, what, how far, how much. @param {{order: import("../../live/types.js").Order}} props */
export function OrderCard({ order }) {
  const { products } = useLive();
  const { product_list: lines } = order;
  const count = lines.reduce((sum, line) => sum + line.quantity, 0);
  const shown = lines.slice(0, MOST_PICTURES);
  return html`<li class="order-card" data-order=${order.id} data-status=${order.status}>
    <div class="order-card-head">
      <h2 class="order-card-title"><a class="order-card-way" href=${`/orders/${order.id}`}>${dayOf(order.timestamp)}<span class="unseen">, order ${numberOf(order)}</span></a></h2>
      <${Status} status=${order.status} />
      <strong class="order-card-total figures">${money(order.total_amount, order.currency)}</strong>
    </div>
    <div class="order-card-what">
      <div class="order-card-pictures" aria-hidden="true">${shown.map((line) => {
        const product = products.byId.value.get(line.product_id);
        return html`<${Picture} key=${line.product_id} name=${line.name} category=${product?.category} image=${product?.images?.[0]} decorative />`;
      })}</div>
      <p class="order-card-names">${lines.map(({ name }) => name).join(", ")}<span class="order-card-meta">${plural(count, "item")} · <span class="figures">${numberOf(order)}</span></span></p>
      <${Icon} name="next" />
    </div>
  </li>`;
}
