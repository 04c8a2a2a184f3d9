import { html } from "htm/preact";
import { usePages } from "../../components/answer.js";
import { Answered, Empty, More } from "../../components/states.js";
import { Tag } from "../../components/status.js";
import { Table } from "../../components/table.js";
import { deviceName } from "../account/device.js";
import { Choice, Day, FilterBar, useFilters } from "./filters.js";
import { Desk } from "./ways.js";
import { moment, readable } from "./words.js";

/** @typedef {import("./user/shapes.js").Event} Event */

/** @type {[string, string][]} */
const KINDS = [
  "login", "register", "activate", "forgot_password", "reset_password", "change_password", "ask_for_email", "change_email",
  "refresh_token_reused", "create", "change_role", "disable", "enable", "delete", "resend_email", "run_audit",
].map((kind) => [kind, kind === "login" ? "Sign in" : readable(kind)]);

const COLUMNS = [
  { title: "What", head: true, words: true, cell: (/** @type {Event} */ one) => html`<span class="fact-words"><span>${KINDS.find(([kind]) => kind === one.kind)?.[1] ?? readable(one.kind)}</span>${detail(one)}</span>` },
  { title: "When", cell: (/** @type {Event} */ one) => html`<span class="figures">${moment(one.at)}</span>` },
  { title: "How it went", cell: (/** @type {Event} */ one) => html`<${Tag} tone=${one.ok ? "in" : "wrong"}>${one.ok ? "Done" : "Refused"}<//>` },
  { title: "Whose", words: true, cell: (/** @type {Event} */ one) => whose(one) },
  { title: "By", cell: (/** @type {Event} */ one) => by(one) },
  { title: "From", cell: (/** @type {Event} */ one) => html`<span class="fact-words small"><span class="figures">${one.address ?? "–"}</span>${one.device && html`<span class="soft">${deviceName(one.device)}</span>`}</span>` },
];

/** Administration: sign-ins, and what was done to accounts, by whom. */
export function EventsPage() {
  return html`<${Desk} title="What was done" lead="Sign-ins, failed ones too, and acts upon accounts, mails and audits.">${() => html`<${Events} />`}<//>`;
}

function Events() {
  const filters = useFilters("/api/admin/audit-events", ["kind", "ok", "user_id", "from", "to"]);
  const pages = usePages(filters.path);
  return html`
    <${FilterBar} filters=${filters}>
      <${Choice} filters=${filters} name="kind" label="What" choices=${KINDS} all="Anything" />
      <${Choice} filters=${filters} name="ok" label="How it went" choices=${[["true", "Done"], ["false", "Refused"]]} all="Either way" />
      <${Day} filters=${filters} name="from" label="From" />
      <${Day} filters=${filters} name="to" label="To" />
    <//>
    ${filters.chosen.user_id && html`<p class="soft">Of <a href=${`/admin/users/${filters.chosen.user_id}`}>one account</a> only.</p>`}
    <${Answered} answer=${pages} rows=${8}>${() => (pages.items.length === 0
      ? html`<${Empty} title="Nothing found">Nothing of that kind was done in that time.<//>`
      : html`<${Table} caption="What was done" columns=${COLUMNS} rows=${pages.items} rowKey=${(/** @type {Event} */ one) => one.id} /><${More} pages=${pages} what="what was before" />`)}<//>
  `;
}

/** @param {Event} event */
function detail({ detail: known }) {
  const words = Object.entries(known).filter(([name]) => name !== "by").map(([name, value]) => `${name.replaceAll("_", " ")}: ${String(value)}`);
  return words.length > 0 && html`<span class="soft small reason">${words.join(", ")}</span>`;
}

/** @param {Event} event */
function whose({ user_id, email }) {
  if (!user_id) return html`<span class="breakable">${email ?? "–"}</span>`;
  return html`<a class="breakable" href=${`/admin/users/${user_id}`}>${email ?? "the account"}</a>`;
}

/** @param {Event} event */
function by({ actor_id, user_id, detail: known }) {
  if (actor_id && actor_id !== user_id) return html`<a href=${`/admin/users/${actor_id}`}>an admin</a>`;
  if (known.by === "operator") return "an operator";
  return actor_id || user_id ? "themselves" : "–";
}
