import { html } from "htm/preact";
import { Tag } from "../../../components/status.js";
import { bytes, counted, lasting, moment, readable } from "../words.js";
import { Part } from "./part.js";

/** @typedef {import("./shapes.js").Dashboard} Dashboard */

const MOST_COLLECTIONS = 6;
const MOST_SLOW = 5;

/** The database: its members, what it keeps, and what took long. @param {{dashboard: Dashboard}} props */
export function Database({ dashboard }) {
  return html`
    <${Part} title="Replica set" part=${dashboard.replica_set}>${(/** @type {Extract<Dashboard["replica_set"], {ok: true}>} */ { members, note }) => html`
      <ul class="facts-list">${members.map((one) => html`<li class="fact" key=${one.host}>
        <span class="fact-words"><strong>${one.host}</strong><span class="soft small">up ${lasting(one.uptime_seconds)}, ${lasting(one.lag_seconds)} behind</span></span>
        <${Tag} tone=${one.healthy === false ? "wrong" : "in"}>${readable(one.state)}<//>
      </li>`)}</ul>
      ${note && html`<p class="soft small">${note}</p>`}`}<//>
    <${Part} title="Storage" part=${dashboard.storage}>${(/** @type {Extract<Dashboard["storage"], {ok: true}>} */ part) => html`
      <p class="soft small">${counted(part.documents)} documents, ${bytes(part.data_bytes)} of data in ${bytes(part.storage_bytes)}, ${bytes(part.index_bytes)} of indexes</p>
      <table class="ranks"><caption class="unseen">The largest collections</caption>
        <thead><tr><th scope="col">Collection</th><th scope="col" class="ranks-number">Documents</th><th scope="col" class="ranks-number">Data</th></tr></thead>
        <tbody>${largest(part.collections).map((one) => html`<tr key=${one.name}><th scope="row"><span class="ranks-name">${one.name}</span></th><td class="ranks-number figures">${counted(one.documents)}</td><td class="ranks-number figures">${bytes(one.data_bytes)}</td></tr>`)}</tbody>
      </table>`}<//>
    <${Part} title="Slow commands" part=${dashboard.slow}>${(/** @type {Extract<Dashboard["slow"], {ok: true}>} */ { total, latest }) => (total === 0
      ? html`<p class="soft">Nothing took longer than 100 ms.</p>`
      : html`<p class="soft small">${counted(total)} took longer than 100 ms.</p>
        <ul class="facts-list">${[...latest].slice(-MOST_SLOW).reverse().map((one) => html`<li class="fact" key=${one.at + one.shape}>
          <span class="fact-words"><strong>${one.command} ${one.collection}</strong><span class="soft small">${moment(one.at)}</span></span>
          <span class="figures">${counted(one.milliseconds)} ms</span>
        </li>`)}</ul>`)}<//>
  `;
}

/** @param {import("./shapes.js").Collection[]} collections */
function largest(collections) {
  return [...collections].sort((one, other) => other.data_bytes - one.data_bytes).slice(0, MOST_COLLECTIONS);
}
