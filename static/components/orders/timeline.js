import { html } from "htm/preact";
import { money } from "../format.js";
import { Icon } from "../icon.js";
import { useLive } from "../live_context.js";
import { minuteOf } from "./order_words.js";
import { namesOf } from "./parcels.js";

/** @typedef {import("../../live/types.js").TimelineEntry} Entry */
/** @typedef {import("../../live/types.js").Order} Order */

/** @type {Record<string, string>} */
const STATUSES = {
  pending: "Payment began",
  placed: "Ordered",
  shipped: "Sent",
  delivered: "Delivered",
  completed: "Received, all done",
  cancelled: "Cancelled",
  refunded: "Refunded",
};

/** @type {Record<string, string>} */
const MAILS = {
  order_placed: "that we have your order",
  order_shipped: "that it is on its way",
  order_delivered: "that it arrived",
  order_cancelled: "that it is cancelled",
  order_refunded: "about the refund",
  payment_failed: "about the payment",
};

/** What happened to an order, oldest first, down a line. @param {{entries: Entry[], order: Order}} props */
export function Timeline({ entries, order }) {
  const { shop } = useLive();
  const ended = ["completed", "cancelled", "refunded"].includes(order.status);
  const shown = entries.filter((entry) => !isPutBack(entry) && (entry.mail_state !== "pending" || shop.facts.value.mails));
  return html`<ol class="timeline">
    ${shown.map((entry, index) => html`<li class="timeline-entry" key=${index} data-kind=${kindOf(entry)}>
      <span class="timeline-dot"><${Icon} name=${iconOf(entry)} /></span>
      <div class="timeline-words">
        <p class="timeline-title">${titleOf(entry)}${partOf(entry, order) && html` <span class="soft">(${partOf(entry, order)})</span>`}</p>
        ${entry.reason && !isClaim(entry) && html`<p class="small">“${entry.reason}”</p>`}
        <p class="soft small figures"><time datetime=${entry.at}>${minuteOf(entry.at)}</time>${byWhom(entry)}</p>
      </div>
    </li>`)}
    ${!ended && html`<li class="timeline-entry timeline-next" aria-hidden="true"><span class="timeline-dot"></span><p class="timeline-words soft small">${nextOf(order.status)}</p></li>`}
  </ol>`;
}

/** A courier took a part that is on its way. @param {Entry} entry */
function isClaim({ kind, status, reason }) {
  return kind === "status" && status === "shipped" && reason === "claimed";
}

/** A courier left a part to others: where it is has not changed. @param {Entry} entry */
function isPutBack({ kind, status, reason }) {
  return kind === "status" && status === "shipped" && reason === "released";
}

/** @param {Entry} entry */
function titleOf(entry) {
  const { kind, status, mail, mail_state: state, amount, currency } = entry;
  if (isClaim(entry)) return "A courier has it";
  const sum = amount === null || currency === null ? "" : money(amount, currency);
  if (kind === "status") return STATUSES[status ?? ""] ?? status;
  if (kind === "payment_captured") return `${sum} paid`;
  if (kind === "refund_asked") return `${sum} to be given back`;
  if (kind === "refund_carried_out") return `${sum} given back`;
  const words = MAILS[mail ?? ""] ?? "about it";
  if (state === "dead" || state === "unaddressed") return `The mail ${words} could not be delivered`;
  return state === "sent" ? `We mailed you ${words}` : `We are mailing you ${words}`;
}

/** Which part an entry is about, where there are several. @param {Entry} entry @param {Order} order */
function partOf({ seller_id: seller }, order) {
  return seller && order.fulfilments.length > 1 ? namesOf(order, seller).join(", ") : "";
}

/** @param {Entry} entry */
function byWhom(entry) {
  const { by, kind, status } = entry;
  if (!by || kind !== "status" || status === "pending" || isClaim(entry)) return "";
  const who = { buyer: "you", seller: "the seller", delivery: "the courier", shop: "the shop" }[by.kind];
  return by.kind === "buyer" && status === "placed" ? "" : ` · by ${who}`;
}

/** @param {Entry} entry */
function kindOf({ kind, status }) {
  return kind === "status" ? (status ?? "") : kind;
}

/** @param {Entry} entry */
function iconOf({ kind, status }) {
  if (kind === "mail") return "mail";
  if (kind !== "status") return "check";
  return /** @type {"check" | "truck" | "cross" | "box"} */ ({ shipped: "truck", delivered: "box", cancelled: "cross", refunded: "cross" }[status ?? ""] ?? "check");
}

/** What comes next, as far as one can say. @param {string} status */
function nextOf(status) {
  return { pending: "Waiting for the payment", placed: "Next: it is packed and sent", shipped: "Next: it arrives at your door", delivered: "Next: you say that you have it" }[status] ?? "";
}
