import { html } from "htm/preact";
import { useState } from "preact/hooks";
import { CancelForm, RefundForm, StatusForm } from "./forms.js";
import { STEPS } from "./steps.js";

/** @typedef {import("./shapes.js").AdminOrder} AdminOrder */
/** @typedef {"status" | "cancel" | "refund"} Move */

/** What an admin can do with an order in others' stead, always with a reason. @param {{order: AdminOrder, sellers: ReadonlyMap<string, string>, onChanged: (order: AdminOrder) => void}} props */
export function Moves({ order, sellers, onChanged }) {
  const [open, setOpen] = useState(/** @type {Move | null} */ (null));
  const ways = waysOf(order);
  if (ways.length === 0) return html`<p class="soft small">Nothing can be done with this order any more.</p>`;
  const done = (/** @type {AdminOrder} */ changed) => {
    setOpen(null);
    onChanged(changed);
  };
  const form = { order, sellers, onDone: done };
  return html`<section class="order-moves" aria-label="What can be done">
    <div class="chips">${ways.map(([move, words]) => html`<button type="button" class="chip" key=${move} aria-pressed=${open === move} onClick=${() => setOpen(open === move ? null : move)}>${words}</button>`)}</div>
    ${open === "status" && html`<${StatusForm} ...${form} />`}
    ${open === "cancel" && html`<${CancelForm} ...${form} />`}
    ${open === "refund" && html`<${RefundForm} ...${form} />`}
  </section>`;
}

/** @param {AdminOrder} order @returns {[Move, string][]} */
function waysOf({ fulfilments, refunds, total_amount, payment }) {
  const at = fulfilments.map(({ status }) => status);
  const left = payment ? total_amount - refunds.reduce((sum, { amount }) => sum + amount, 0) : 0;
  /** @type {[Move, string][]} */
  const ways = [];
  if (at.some((status) => STEPS.indexOf(status) >= 0 && status !== "completed")) ways.push(["status", "Move it on"]);
  if (at.includes("placed")) ways.push(["cancel", "Cancel"]);
  if (at.some((status) => STEPS.indexOf(status) > 0) || (left > 0 && at.includes("refunded"))) ways.push(["refund", "Give money back"]);
  return ways;
}
