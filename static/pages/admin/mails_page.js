import { html } from "htm/preact";
import { useEffect } from "preact/hooks";
import { useAct } from "../../components/acting.js";
import { usePages } from "../../components/answer.js";
import { plural } from "../../components/format.js";
import { useLive } from "../../components/live_context.js";
import { Answered, Empty, More } from "../../components/states.js";
import { Tag } from "../../components/status.js";
import { Table } from "../../components/table.js";
import { Choice, FilterBar, useFilters, Words } from "./filters.js";
import { Desk } from "./ways.js";
import { moment, readable } from "./words.js";

/**
 * @typedef {{id: string, kind: string, to: string, state: string, tries: number, error: string | null, created_at: string,
 *   due: string | null, sent_at: string | null}} Mail
 */

/** @type {[string, string][]} */
const STATES = [["pending", "Waiting"], ["sent", "Sent"], ["dead", "Given up"], ["unsent", "Not sent: no mail server"], ["unaddressed", "Without an address yet"]];
/** @type {Record<string, "in" | "low" | "wrong" | "out" | "held">} */
const TONES = { pending: "held", sent: "in", dead: "wrong", unsent: "low", unaddressed: "out" };
/** @type {[string, string][]} */
const KINDS = [
  "activate", "activate_anew", "already_registered", "reset_password", "password_changed", "confirm_email", "email_changed",
  "order_placed", "order_shipped", "order_delivered", "order_cancelled", "order_cancelled_seller", "order_refunded",
  "payment_failed", "low_stock", "low_stock_seller", "back_in_stock", "hold_expiring", "product_disabled",
].map((kind) => [kind, readable(kind)]);
const LOOK_MS = 3_000;
const ADDRESS = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

/** Administration: what became of each mail; never what it says. */
export function MailsPage() {
  return html`<${Desk} title="Mails" lead="What became of each mail. What it says is not kept here.">${() => html`<${Mails} />`}<//>`;
}

function Mails() {
  const filters = useFilters("/api/admin/emails", ["to", "state", "kind"]);
  const unfinished = filters.chosen.to && !ADDRESS.test(filters.chosen.to);
  const pages = usePages(unfinished ? null : filters.path);
  useFollowed(pages.items, pages.reload);
  const changed = (/** @type {Mail} */ mail) => pages.set((known) => known && { ...known, items: known.items.map((one) => (one.id === mail.id ? mail : one)) });
  return html`
    <${FilterBar} filters=${filters}>
      <${Words} filters=${filters} name="to" label="To" hint="A whole address" />
      <${Choice} filters=${filters} name="state" label="State" choices=${STATES} all="Any state" />
      <${Choice} filters=${filters} name="kind" label="Kind" choices=${KINDS} all="Any kind" />
    <//>
    ${unfinished
      ? html`<${Empty} title="Write the whole address">Mails are found by the whole address that they go to.<//>`
      : html`<${Answered} answer=${pages} rows=${8}>${() => (pages.items.length === 0
        ? html`<${Empty} title="No mails">Nothing was to be sent, or nothing that fits.<//>`
        : html`<${Table} caption="Mails" columns=${columns(changed)} rows=${pages.items} rowKey=${(/** @type {Mail} */ mail) => mail.id} /><${More} pages=${pages} what="older mails" />`)}<//>`}
  `;
}

/** Nobody tells of mails: while one in sight is on its way the list is read again. @param {Mail[]} mails @param {() => Promise<void>} reload */
function useFollowed(mails, reload) {
  const moving = mails.some(({ state, tries }) => state === "pending" && tries === 0);
  useEffect(() => {
    if (!moving) return undefined;
    const timer = setInterval(() => { if (document.visibilityState === "visible") void reload(); }, LOOK_MS);
    return () => clearInterval(timer);
  }, [moving, reload]);
}

/** @param {(mail: Mail) => void} onChanged */
function columns(onChanged) {
  return [
    { title: "Mail", head: true, cell: (/** @type {Mail} */ mail) => readable(mail.kind) },
    { title: "To", words: true, cell: (/** @type {Mail} */ mail) => html`<span class="breakable">${mail.to || "Nobody any more"}</span>` },
    { title: "Written", cell: (/** @type {Mail} */ mail) => html`<span class="figures">${moment(mail.created_at)}</span>` },
    { title: "State", cell: (/** @type {Mail} */ mail) => html`<${State} mail=${mail} />` },
    { title: "Acts", quiet: true, cell: (/** @type {Mail} */ mail) => html`<${Resend} mail=${mail} onChanged=${onChanged} />` },
  ];
}

/** @param {{mail: Mail}} props */
function State({ mail }) {
  const { state, tries, error, due, sent_at } = mail;
  const more = [state === "sent" && moment(sent_at), tries > 0 && state !== "sent" && `tried ${plural(tries, "time")}`, state === "pending" && due && `due ${moment(due)}`].filter(Boolean).join(", ");
  return html`<span class="fact-words">
    <span><${Tag} tone=${TONES[state] ?? "out"}>${STATES.find(([one]) => one === state)?.[1] ?? readable(state)}<//></span>
    ${more && html`<span class="soft small figures">${more}</span>`}
    ${error && state !== "unsent" && html`<span class="small reason">${error}</span>`}
  </span>`;
}

/** @param {{mail: Mail, onChanged: (mail: Mail) => void}} props */
function Resend({ mail, onChanged }) {
  const { mine } = useLive();
  const { busy, run } = useAct();
  if (!["sent", "dead", "unsent"].includes(mail.state) || !mail.to) return null;
  const again = () => run(async () => onChanged(await mine.post(`/api/admin/emails/${encodeURIComponent(mail.id)}/resend`)), "The mail is on its way again.");
  return html`<button type="button" class="button button-quiet" aria-label=${`Send again: ${readable(mail.kind)} to ${mail.to}`} aria-disabled=${busy} onClick=${again}>Send again</button>`;
}
