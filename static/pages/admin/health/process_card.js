import { html } from "htm/preact";
import { plural } from "../../../components/format.js";
import { Tag } from "../../../components/status.js";
import { processName } from "../overview/processes.js";
import { lasting, moment, readable } from "../words.js";

/** @typedef {import("./shapes.js").Worker} Worker */

/** One process: what is wrong with it first, then all its workers. @param {{process: import("./shapes.js").Process}} props */
export function ProcessCard({ process }) {
  const wrong = process.workers.filter((worker) => !worker.ok);
  const well = process.workers.filter((worker) => worker.ok);
  return html`<section class="panel process" aria-label=${processName(process)} data-well=${process.ok ? "" : null}>
    <header class="part-head">
      <div><h2 class="panel-title">${processName(process)}</h2>
        <p class="soft small figures">Since ${moment(process.started_at)}, heard ${lasting(process.seconds_since_beat)} ago, ${lasting(process.stream_lag_seconds)} behind the database</p></div>
      <${Tag} tone=${process.ok ? "in" : "wrong"}>${process.ok ? "Well" : "Not well"}<//>
    </header>
    ${wrong.length > 0 && html`<ul class="facts-list">${wrong.map((worker) => html`<${Failing} key=${worker.name} worker=${worker} />`)}</ul>`}
    <details class="workers" open=${wrong.length === 0}>
      <summary>${plural(well.length, "worker")} at work</summary>
      <ul class="workers-list">${well.map((worker) => html`<li class="worker" key=${worker.name}>
        <span>${readable(worker.name)}</span><span class="soft small figures">${pulse(worker)}</span>
      </li>`)}</ul>
    </details>
  </section>`;
}

/** @param {{worker: Worker}} props */
function Failing({ worker }) {
  return html`<li class="fact failing">
    <span class="fact-words"><strong>${readable(worker.name)}</strong><span class="small">${worker.last_error ?? "It has not been heard of for too long."}</span></span>
    <span class="small figures">${pulse(worker)}</span>
  </li>`;
}

/** @param {Worker} worker */
function pulse({ failures, seconds_since_beat }) {
  const beat = seconds_since_beat === null ? "" : `${lasting(seconds_since_beat)} ago`;
  return [failures > 0 && `failed ${plural(failures, "time")}`, beat].filter(Boolean).join(", ");
}
