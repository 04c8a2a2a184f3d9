import { html } from "htm/preact";
import { Answered } from "../../components/states.js";
import { ProcessCard } from "./health/process_card.js";
import { Service } from "./health/service.js";
import { usePolled } from "./polling.js";
import { Desk } from "./ways.js";
import { lasting, moment } from "./words.js";

/** @typedef {import("./health/shapes.js").Health} Health */

const PAUSE_MS = 5_000;

/** Administration: whether everything is at work, what is not first. */
export function HealthPage() {
  return html`<${Desk} title="Health" lead="Read again every five seconds while you look.">${() => html`<${HealthNow} />`}<//>`;
}

function HealthNow() {
  const answer = usePolled("/api/admin/health", PAUSE_MS);
  return html`<${Answered} answer=${answer} rows=${5}>${(/** @type {Health} */ health) => html`
    ${answer.problem && html`<p class="form-problem" role="alert">${answer.problem} What you see is of ${moment(health.at)}.</p>`}
    <ul class="services">${services(health).sort((one, other) => rank(one) - rank(other)).map((one) => html`<${Service} key=${one.name} ...${one} />`)}</ul>
    ${health.processes.ok !== false || "items" in health.processes ? html`<div class="processes">${worstFirst(health).map((one) => html`<${ProcessCard} key=${one.id} process=${one} />`)}</div>` : null}`}<//>`;
}

/** @param {Health} health @returns {{name: string, ok: boolean, missing?: boolean, words: string}[]} */
function services({ database, stream, mail_server, processes }) {
  const items = "items" in processes ? processes.items : null;
  return [
    { name: "Database", ok: database.ok, words: database.ok ? (database.primary ? `${database.primary} writes` : "Answers") : database.reason },
    { name: "Change stream", ok: stream.ok, words: "reason" in stream ? stream.reason : `${lasting(stream.lag_seconds)} behind` },
    { name: "Mail server", ok: mail_server.ok, missing: mail_server.ok && !mail_server.configured, words: mailWords(mail_server) },
    { name: "Processes", ok: processes.ok, words: items ? `${items.filter((one) => one.ok).length} of ${items.length} are well` : "reason" in processes ? processes.reason : "" },
  ];
}

/** @param {{ok: boolean, missing?: boolean}} service */
function rank({ ok, missing }) {
  return ok ? (missing ? 1 : 2) : 0;
}

/** @param {Health["mail_server"]} server */
function mailWords(server) {
  if (!server.ok) return server.reason;
  return server.configured ? "Lets us in" : "None is set: mails are kept, not sent";
}

/** @param {Health} health */
function worstFirst({ processes }) {
  return "items" in processes ? [...processes.items].sort((one, other) => Number(one.ok) - Number(other.ok) || one.pid - other.pid) : [];
}
