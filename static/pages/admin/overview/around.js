import { html } from "htm/preact";
import { Shares } from "../../../components/chart.js";
import { counted, lasting, readable } from "../words.js";
import { total } from "./history.js";
import { Part } from "./part.js";

/** @typedef {import("./shapes.js").Dashboard} Dashboard */

/** Who there is, what waits to be mailed, and what was refused. @param {{dashboard: Dashboard}} props */
export function Around({ dashboard }) {
  return html`
    <${Part} title="Users" part=${dashboard.users}>${(/** @type {Extract<Dashboard["users"], {ok: true}>} */ part) => html`
      <p class="soft small">${counted(part.total)} in all, ${counted(part.new_today)} since midnight (UTC)</p>
      <${Shares} title="By role" parts=${sorted(part.by_role)} value=${counted} />`}<//>
    <${Part} title="Mail queue" part=${dashboard.mail}>${(/** @type {import("./shapes.js").MailQueue} */ part) => html`
      <dl class="facts">
        ${fact("Waiting", counted(part.pending))}${fact("Due now", counted(part.due))}${fact("Tried before", counted(part.retried))}
        ${fact("Given up", counted(part.dead), part.dead > 0)}${fact("Not sent: no mail server", counted(part.unsent))}${fact("Oldest waits", lasting(part.oldest_pending_seconds))}
      </dl>
      <p><a href=${part.dead > 0 ? "/admin/mails?state=dead" : "/admin/mails"}>${part.dead > 0 ? "Look at those given up" : "All mails"}</a></p>`}<//>
    <${Part} title="Refusals" part=${dashboard.refusals}>${(/** @type {Extract<Dashboard["refusals"], {ok: true}>} */ { sockets, answers }) => (total(sockets) + total(answers) === 0
      ? html`<p class="soft">Nothing was refused since the processes began.</p>`
      : html`<dl class="facts">${[...sorted(answers), ...sorted(sockets)].map(({ name, value }) => fact(name, counted(value)))}</dl>`)}<//>
  `;
}

/** @param {string} name @param {string} value @param {boolean} [wrong] */
function fact(name, value, wrong = false) {
  return html`<div class="fact" key=${name}><dt class="soft">${name}</dt><dd class=${wrong ? "figures fact-wrong" : "figures"}>${value}</dd></div>`;
}

/** @param {Record<string, number>} counts */
function sorted(counts) {
  return Object.entries(counts).map(([name, value]) => ({ name: readable(name), value })).sort((one, other) => other.value - one.value);
}
