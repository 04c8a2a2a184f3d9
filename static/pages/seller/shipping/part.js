import { html } from "htm/preact";
import { useState } from "preact/hooks";
import { money, plural } from "../../../components/format.js";
import { Icon } from "../../../components/icon.js";
import { Status } from "../../../components/status.js";
import { CancelDialog } from "./cancel_dialog.js";
import { RefundDialog } from "./refund_dialog.js";
import { ShipDialog } from "./ship_dialog.js";
import { kept, numberOf, onParcel } from "./shapes.js";

/**
 * @typedef {import("./shapes.js").SellerPart} SellerPart
 * @typedef {import("./shapes.js").Desk} Desk
 */

const when = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const SENT = ["shipped", "delivered", "completed"];
const DIALOGS = { ship: ShipDialog, cancel: CancelDialog, refund: RefundDialog };

/** One order's part: what is in it, where it goes, and what can be done. @param {{part: SellerPart, desk: Desk, onPrint: () => void}} props */
export function Part({ part, desk, onPrint }) {
  const [open, setOpen] = useState(/** @type {keyof typeof DIALOGS | null} */ (null));
  const { status } = part.fulfilment;
  const number = numberOf(part);
  const close = () => setOpen(null);
  return html`<article class="panel part" data-order=${part.id} data-status=${status} aria-labelledby=${`part-${part.id}`}>
    <header class="part-head">
      <h2 class="panel-title" id=${`part-${part.id}`}>Order <span class="figures">${number}</span></h2>
      <${Status} status=${status} />
      <time class="soft small figures" datetime=${part.timestamp}>${when.format(new Date(part.timestamp))}</time>
      <strong class="part-total figures">${money(part.total_amount, part.currency)}</strong>
    </header>
    <div class="part-body">
      <${Lines} part=${part} />
      <${Goal} part=${part} />
      <${Story} part=${part} />
      <div class="part-acts">
        ${status === "placed" && html`<button type="button" class="button button-main" onClick=${() => setOpen("ship")} aria-label=${`Ship order ${number}`}><${Icon} name="truck" />Ship</button>`}
        ${part.address && status !== "cancelled" && html`<button type="button" class="button button-quiet" onClick=${onPrint} aria-label=${`Print the packing slip of order ${number}`}>Packing slip</button>`}
        ${status === "placed" && desk.admin && html`<button type="button" class="button button-text" onClick=${() => setOpen("cancel")} aria-label=${`Cancel order ${number}`}>Cancel</button>`}
        ${SENT.includes(status) && html`<button type="button" class="button button-quiet" onClick=${() => setOpen("refund")} aria-label=${`Refund order ${number}`}>Refund</button>`}
      </div>
    </div>
    ${open && html`<${DIALOGS[open]} part=${part} desk=${desk} onClose=${close} />`}
  </article>`;
}

/** @param {{part: SellerPart}} props */
function Lines({ part }) {
  return html`<ul class="lines part-lines">${part.product_list.map((line) => html`<li class="line-row" key=${line.product_id}>
    <span class="line-words"><span class="figures part-count">${line.quantity} ×</span> <span class="line-name">${line.name}</span>
      ${line.returned > 0 && html`<span class="soft small"> ${plural(line.returned, "unit")} came back${kept(line) === 0 ? ": all" : ""}</span>`}</span>
    <span class="figures">${money(line.line_total, part.currency)}</span>
  </li>`)}</ul>`;
}

/** @param {{part: SellerPart}} props */
function Goal({ part }) {
  const { carrier, tracking_number, note } = part.fulfilment;
  return html`<div class="part-goal">
    ${part.address
      ? html`<address class="part-address">${onParcel(part.address).map((line, index) => html`<span key=${index}>${line}</span>`)}</address>`
      : html`<p class="soft">The address is shown no longer.</p>`}
    ${(carrier || tracking_number) && html`<p class="small"><span class="soft">Sent with</span> ${[carrier, tracking_number].filter(Boolean).join(", ")}</p>`}
    ${note && html`<p class="small">“${note}”</p>`}
  </div>`;
}

/** What became of it: the steps after it was placed, and the money that went back. @param {{part: SellerPart}} props */
function Story({ part }) {
  const steps = part.history.filter(({ status }) => !["pending", "placed"].includes(status));
  if (steps.length === 0 && part.refunds.length === 0) return null;
  return html`<ul class="part-story small soft">
    ${steps.map(({ status, at, reason }) => html`<li key=${`${status}${at}`}><${Status} status=${status} /> <time class="figures" datetime=${at}>${when.format(new Date(at))}</time>${reason && html` · ${reason}`}</li>`)}
    ${part.refunds.map(({ id, amount, at, reason }) => html`<li key=${id}>${money(amount, part.currency)} given back <time class="figures" datetime=${at}>${when.format(new Date(at))}</time>${reason && html` · ${reason}`}</li>`)}
  </ul>`;
}
