import { html } from "htm/preact";
import { money } from "../../../components/format.js";
import { Answered } from "../../../components/states.js";
import { moment, readable } from "../words.js";
import { sellerName } from "./parts.js";

/** @typedef {import("./shapes.js").Entry} Entry */

/** @type {Record<string, string>} */
const STATUS = { pending: "Payment begun", placed: "Placed", shipped: "Sent", delivered: "Delivered", completed: "Received", cancelled: "Cancelled", refunded: "Refunded" };
/** @type {Record<string, string>} */
const CLAIMS = { claimed: "A courier took it", released: "The courier left it to others" };

/** What happened to an order, oldest first. @param {{answer: any, sellers: ReadonlyMap<string, string>}} props */
export function Happened({ answer, sellers }) {
  return html`<section class="happened" aria-label="What happened">
    <h3 class="order-seller">What happened</h3>
    <${Answered} answer=${answer}>${(/** @type {{items: Entry[]}} */ { items }) => html`<ol class="happened-list">
      ${items.map((entry, index) => html`<li class="happened-one" key=${index} data-kind=${entry.kind}>
        <p class="happened-words">${what(entry)}${entry.seller_id && html` <span class="soft small">${sellerName(sellers, entry.seller_id)}</span>`}</p>
        <p class="soft small figures">${[moment(entry.at), who(entry)].filter(Boolean).join(" · ")}</p>
        ${entry.reason && !CLAIMS[entry.reason] && html`<p class="small reason">“${entry.reason}”</p>`}
      </li>`)}
    </ol>`}<//>
  </section>`;
}

/** @param {Entry} entry */
function what({ kind, status, reason, amount, currency, mail, mail_state }) {
  const sum = amount !== null && currency ? money(amount, currency) : "";
  if (kind === "status") return CLAIMS[reason] ?? STATUS[status ?? ""] ?? readable(status ?? "");
  if (kind === "payment_captured") return `Paid: ${sum}`;
  if (kind === "refund_asked") return `To be given back: ${sum}`;
  if (kind === "refund_carried_out") return `Given back: ${sum}`;
  return `Mail “${readable(mail ?? "")}”: ${mail_state ?? ""}`;
}

/** @param {Entry} entry */
function who({ by }) {
  if (!by) return "";
  return by.name ?? { buyer: "the buyer", seller: "the seller", delivery: "a courier", shop: "the shop" }[by.kind] ?? "";
}
