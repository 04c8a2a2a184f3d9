import { html } from "htm/preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { FormProblem, Submit } from "../../components/field.js";
import { useForm } from "../../components/form.js";
import { money } from "../../components/format.js";
import { useLive } from "../../components/live_context.js";
import { ApiError } from "../../live/api.js";
import { Frame } from "../account/frame.js";
import { OrderLines } from "./order_lines.js";

/** @typedef {import("../../live/types.js").Order} Order */

const KEPT = "ivorycart.order_link";

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

/** Behind the link that a guest is sent: the order, and a way to cancel it while none of it has left. */
export function OrderPage() {
  const { api, place } = useLive();
  const token = linkToken(place.token.value);
  const [found, setFound] = useState(/** @type {{token: string, order: Order} | null} */ (null));
  const [problem, setProblem] = useState("");
  const order = found?.token === token ? found.order : null; // another link may have been opened meanwhile
  useEffect(() => {
    if (!token) return;
    setProblem("");
    api.post("/api/orders/link", { token }).then(
      (answer) => setFound({ token, order: answer }),
      (error) => setProblem(whyNot(error)),
    );
  }, [api, token]);

  if (order) {
    const unsent = order.fulfilments.every((part) => part.status === "placed");
    return html`<${Frame} title=${`Your order ${WORDS[order.status] ?? order.status}`} wide>
      <${Lines} order=${order} />
      ${order.fulfilments.map((part) => html`<${Parcel} key=${part.seller_id} part=${part} order=${order} />`)}
      ${unsent && html`<${Cancel} token=${token} onDone=${(/** @type {Order} */ answer) => setFound({ token, order: answer })} />`}
      ${order.status === "cancelled" && html`<p class="desk-done" role="status">Your order is cancelled. What you paid goes back to you.</p>`}
    <//>`;
  }
  return html`<${Frame} title="Your order">
    ${problem
      ? html`<${FormProblem} problem=${problem} />`
      : html`<p role="status">${token ? "Looking for it…" : "Open the link in our mail once more: it leads to your order."}</p>`}
    <a class="button button-main" href="/">To the shop</a>
  <//>`;
}

/** The token of the link, kept in this tab for a reload: it is taken out of the address at once. @param {string} fresh */
function linkToken(fresh) {
  if (fresh) sessionStorage.setItem(KEPT, fresh);
  return fresh || (sessionStorage.getItem(KEPT) ?? "");
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
    <${OrderLines} order=${order} total="Total" />
    ${back > 0 && html`<p class="shipping"><span>Given back</span><span class="figures">${money(back, order.currency)}</span></p>`}
  `;
}

/** What became of one seller's part. @param {{part: import("../../live/types.js").Fulfilment, order: Order}} props */
function Parcel({ part, order }) {
  const names = order.product_list.filter((line) => line.seller_id === part.seller_id).map((line) => line.name);
  if (order.fulfilments.length < 2 && !part.tracking_number && !part.note) return null;
  return html`<p class="desk-soft">
    ${order.fulfilments.length > 1 && html`<strong>${names.join(", ")}</strong> ${WORDS[part.status] ?? part.status}. `}
    ${part.tracking_number && html`Parcel <strong>${part.tracking_number}</strong>${part.carrier && ` with ${part.carrier}`}. `}
    ${part.note && html`Note: ${part.note}`}
  </p>`;
}

/** Asks once more before it cancels. @param {{token: string, onDone: (order: Order) => void}} props */
function Cancel({ token, onDone }) {
  const { api } = useLive();
  const [asked, setAsked] = useState(false);
  const sure = useRef(/** @type {HTMLParagraphElement | null} */ (null));
  useEffect(() => sure.current?.focus(), [asked]);
  const { busy, problem, form, onSubmit } = useForm(async () => {
    onDone(await api.post("/api/orders/link/cancel", { token }));
  });
  if (!asked) {
    return html`<button type="button" class="button button-quiet" onClick=${() => setAsked(true)}>Cancel this order…</button>`;
  }
  return html`<form class="form" ref=${form} onSubmit=${onSubmit} novalidate>
    <p tabindex="-1" ref=${sure}>Cancel the whole order? What you paid goes back to you, and others may buy what was yours.</p>
    <${FormProblem} problem=${problem} />
    <${Submit} busy=${busy} working="Cancelling…">Yes, cancel it<//>
    <button type="button" class="button button-quiet" onClick=${() => setAsked(false)}>Keep it</button>
  </form>`;
}
