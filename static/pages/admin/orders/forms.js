import { html } from "htm/preact";
import { useMemo, useState } from "preact/hooks";
import { Check, Field, FormProblem, Select, Submit } from "../../../components/field.js";
import { useForm } from "../../../components/form.js";
import { useLive } from "../../../components/live_context.js";
import { explainAct } from "../../../live/refused_acts.js";
import { minorOf, newId } from "./amount.js";
import { sellerName } from "./parts.js";
import { STEPS } from "./steps.js";

/** @typedef {import("./shapes.js").AdminOrder} AdminOrder */
/** @typedef {{order: AdminOrder, sellers: ReadonlyMap<string, string>, onDone: (order: AdminOrder) => void}} Props */

/** @type {[string, string][]} */
const TO = [["shipped", "On its way"], ["delivered", "Delivered"], ["completed", "Completed"]];

/** Move parts on. @param {Props} props */
export function StatusForm({ order, sellers, onDone }) {
  const { mine, notices } = useLive();
  const { form, busy, problem, fields, onSubmit } = useForm(async ({ seller_id, ...values }) => {
    onDone(await mine.put(`/api/orders/${order.id}/status`, { ...values, ...named(seller_id) }));
    notices.say("The order was moved on.");
  }, explainAct);
  const least = Math.min(...order.fulfilments.map(({ status }) => STEPS.indexOf(status)).filter((step) => step >= 0));
  return html`<form class="form" ref=${form} onSubmit=${onSubmit} noValidate>
    <${FormProblem} problem=${problem} />
    <${WhichPart} order=${order} sellers=${sellers} able=${(/** @type {string} */ status) => STEPS.includes(status) && status !== "completed"} />
    <${Select} label="To" name="status" choices=${TO.filter(([status]) => STEPS.indexOf(status) > least)} problem=${fields.status} />
    <${Field} label="Why" name="reason" most=${500} problem=${fields.reason} hint="It stands in the order's history." />
    <${Submit} busy=${busy} working="Moving…" quiet>Move it on<//>
  </form>`;
}

/** Cancel what was not sent yet. @param {Props} props */
export function CancelForm({ order, sellers, onDone }) {
  const { mine, notices } = useLive();
  const { form, busy, problem, fields, onSubmit } = useForm(async ({ reason, seller_id }) => {
    onDone(await mine.post(`/api/orders/${order.id}/cancel`, { reason, ...named(seller_id) }));
    notices.say("It is cancelled.");
  }, explainAct);
  return html`<form class="form" ref=${form} onSubmit=${onSubmit} noValidate>
    <${FormProblem} problem=${problem} />
    <p class="small">What was held goes back on the shelf, what was paid goes back to the buyer. This cannot be taken back.</p>
    <${WhichPart} order=${order} sellers=${sellers} able=${(/** @type {string} */ status) => status === "placed"} />
    <${Field} label="Why" name="reason" most=${500} problem=${fields.reason} hint="The buyer and the sellers are told." />
    <${Submit} busy=${busy} working="Cancelling…" quiet>Cancel it<//>
  </form>`;
}

/** Give money back: all that is left, or an amount; asked twice under one id it is given once. @param {Props} props */
export function RefundForm({ order, sellers, onDone }) {
  const { mine, notices } = useLive();
  const [whole, setWhole] = useState("all");
  const refund_id = useMemo(newId, []);
  const { form, busy, problem, fields, onSubmit } = useForm(async ({ reason, seller_id, amount, restock }) => {
    const what = whole === "all" ? {} : { amount: minorOf(amount ?? "", order.currency) };
    onDone(await mine.post(`/api/orders/${order.id}/refund`, { refund_id, reason, restock: restock === "on", ...what, ...named(seller_id) }));
    notices.say("The money goes back.");
  }, explainAct);
  return html`<form class="form" ref=${form} onSubmit=${onSubmit} noValidate>
    <${FormProblem} problem=${problem} />
    <${WhichPart} order=${order} sellers=${sellers} able=${(/** @type {string} */ status) => STEPS.indexOf(status) > 0 || status === "refunded"} />
    <${Select} label="How much" name="whole" choices=${[["all", "All that is left"], ["amount", "An amount"]]} value=${whole} onChoose=${setWhole} />
    ${whole === "amount" && html`<${Field} label=${`Amount in ${order.currency}`} name="amount" type="number" min=${0.01} step="any" inputmode="decimal" problem=${fields.amount} />`}
    <${Field} label="Why" name="reason" most=${500} problem=${fields.reason} hint="The buyer is told." />
    <${Check} label="The goods are back: put them on the shelf" name="restock" />
    <${Submit} busy=${busy} working="Giving back…" quiet>Give it back<//>
  </form>`;
}

/** Which seller's part is meant; nothing to choose where there is one. @param {{order: AdminOrder, sellers: ReadonlyMap<string, string>, able: (status: string) => boolean}} props */
function WhichPart({ order, sellers, able }) {
  const parts = order.fulfilments.filter(({ status }) => able(status));
  if (order.fulfilments.length < 2) return null;
  const all = parts.length === order.fulfilments.length ? [["", "The whole order"]] : [];
  return html`<${Select} label="Which part" name="seller_id" optional choices=${[...all, ...parts.map(({ seller_id }) => [seller_id, sellerName(sellers, seller_id)])]} />`;
}

/** @param {string} [seller_id] */
function named(seller_id) {
  return seller_id ? { seller_id } : {};
}
