import { html } from "htm/preact";
import { useAnswer } from "../../../components/answer.js";
import { Dialog } from "../../../components/dialog.js";
import { useHeard } from "../../../components/heard.js";
import { money } from "../../../components/format.js";
import { Answered } from "../../../components/states.js";
import { Status } from "../../../components/status.js";
import { useSellers } from "../sellers.js";
import { moment, orderNumber, readable } from "../words.js";
import { Happened } from "./happened.js";
import { Moves } from "./moves.js";
import { Parts } from "./parts.js";

/** @typedef {import("./shapes.js").AdminOrder} AdminOrder */

/**
 * One order whole: what, for whom, paid how, what happened, and what can be done.
 *
 * @param {{id: string, listed?: AdminOrder, onClose: () => void, onChanged: (order: AdminOrder) => void}} props `listed`: as the list has it, with what only that says
 */
export function OrderDialog({ id, listed, onClose, onChanged }) {
  const answer = useAnswer(`/api/orders/${id}`);
  const happened = useAnswer(`/api/orders/${id}/timeline`);
  const sellers = useSellers();
  const changed = (/** @type {AdminOrder} */ order) => {
    answer.set(order);
    onChanged(order);
    void happened.reload();
  };
  const again = () => {
    void answer.reload();
    void happened.reload();
  };
  useHeard("delivery:order", ({ order }) => { if (order.id === id) again(); });
  return html`<${Dialog} title=${`Order ${orderNumber(id)}`} wide onClose=${onClose}>
    <${Answered} answer=${answer}>${(/** @type {AdminOrder} */ order) => html`
      <p class="order-facts"><${Status} status=${order.status} /><span class="soft figures">${moment(order.timestamp)}</span></p>
      <div class="order-columns">
        <div class="order-column">
          <${Parts} order=${order} sellers=${sellers} />
          <${Buyer} order=${order} email=${listed?.email} />
          <${Moves} order=${order} sellers=${sellers} onChanged=${changed} />
        </div>
        <${Happened} answer=${happened} sellers=${sellers} />
      </div>`}<//>
  <//>`;
}

/** @param {{order: AdminOrder, email?: string | null}} props */
function Buyer({ order, email }) {
  const { address, payment, buyer_id, refunds, currency } = order;
  const back = refunds.reduce((sum, { amount }) => sum + amount, 0);
  return html`<dl class="facts">
    <div class="fact"><dt class="soft">Buyer</dt><dd>${buyer_id ? html`<a href=${`/admin/users/${buyer_id}`}>${address?.name ?? "Account"}</a>` : `${address?.name ?? "Somebody"} (guest)`}${email && html`<br /><span class="soft small breakable">${email}</span>`}</dd></div>
    ${address && html`<div class="fact"><dt class="soft">Goes to</dt><dd>${[address.line1, address.line2, `${address.postal_code} ${address.city}`, address.country].filter(Boolean).join(", ")}</dd></div>`}
    <div class="fact"><dt class="soft">Payment</dt><dd class="figures">${payment ? `${money(payment.amount, currency)} by ${readable(payment.method)}` : "None"}</dd></div>
    ${refunds.length > 0 && html`<div class="fact"><dt class="soft">Given back</dt><dd class="figures">${money(back, currency)}</dd></div>`}
  </dl>`;
}
