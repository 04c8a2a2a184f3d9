import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";
import { FormProblem, Submit } from "../../components/field.js";
import { useForm } from "../../components/form.js";
import { money } from "../../components/format.js";
import { useLive } from "../../components/live_context.js";
import { ApiError } from "../../live/api.js";
import { Frame } from "../account/frame.js";

/** @typedef {import("../../live/types.js").Order} Order */

/** @type {Record<string, string>} */
const WORDS = {
  pending: "is being paid",
  placed: "is placed",
  shipped: "is on its way",
  delivered: "has arrived",
  completed: "is completed",
  cancelled: "is cancelled",
  refunded: "is refunded",
};

/** Behind the link that a guest is sent: the order, and a way to cancel it while it has not left. */
export function OrderPage() {
  const { api, place } = useLive();
  const token = place.token.value;
  const [order, setOrder] = useState(/** @type {Order | null} */ (null));
  const [problem, setProblem] = useState("");
  useEffect(() => {
    if (!token) return;
    api.post("/api/orders/link", { token }).then(setOrder, (error) => setProblem(whyNot(error)));
  }, [token]);

  if (order) {
    return html`<${Frame} title=${`Your order ${WORDS[order.status] ?? order.status}`} wide>
      <${Lines} order=${order} />
      ${order.fulfilments.map((part) => html`<${Parcel} key=${part.seller_id} part=${part} />`)}
      ${order.status === "placed" && html`<${Cancel} token=${token} onDone=${setOrder} />`}
    <//>`;
  }
  return html`<${Frame} title="Your order">
    ${problem
      ? html`<${FormProblem} problem=${problem} />`
      : html`<p role="status">${token ? "Looking for it…" : "Open the link in our mail once more: it leads to your order."}</p>`}
    <a class="button button-main" href="/">To the shop</a>
  <//>`;
}

/** @param {unknown} error */
function whyNot(error) {
  if (!(error instanceof ApiError)) throw error;
  return error.code === "invalid_token" ? "This link is not good any more." : error.message;
}

/** @param {{order: Order}} props */
function Lines({ order }) {
  const back = order.refunds.reduce((sum, refund) => sum + refund.amount, 0);
  return html`
    <p class="desk-soft">Order <span class="figures">${order.id.slice(-8).toUpperCase()}</span></p>
    <ul class="confirmation-lines">
      ${order.product_list.map((line) => html`<li key=${line.product_id}>
        <span class="figures">${line.quantity} ×</span> <span>${line.name}</span>
        <span class="figures">${money(line.price * line.quantity, order.currency)}</span>
      </li>`)}
    </ul>
    ${order.shipping > 0 && html`<p class="shipping"><span>Shipping</span><span class="figures">${money(order.shipping, order.currency)}</span></p>`}
    <p class="total"><span>Total</span><strong class="figures">${money(order.total_amount, order.currency)}</strong></p>
    ${back > 0 && html`<p class="shipping"><span>Given back</span><span class="figures">${money(back, order.currency)}</span></p>`}
  `;
}

/** @param {{part: import("../../live/types.js").Fulfilment}} props */
function Parcel({ part }) {
  if (!part.tracking_number && !part.note) return null;
  return html`<p class="desk-soft">
    ${part.tracking_number && html`Parcel <strong>${part.tracking_number}</strong>${part.carrier && ` with ${part.carrier}`}. `}
    ${part.note && html`Note: ${part.note}`}
  </p>`;
}

/** @param {{token: string, onDone: (order: Order) => void}} props */
function Cancel({ token, onDone }) {
  const { api } = useLive();
  const { busy, problem, form, onSubmit } = useForm(async () => {
    onDone(await api.post("/api/orders/link/cancel", { token }));
  });
  return html`<form class="form" ref=${form} onSubmit=${onSubmit} novalidate>
    <${FormProblem} problem=${problem} />
    <${Submit} busy=${busy} working="Cancelling…">Cancel this order<//>
  </form>`;
}
