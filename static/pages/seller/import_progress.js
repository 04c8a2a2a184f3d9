import { html } from "htm/preact";
import { Tag } from "../../components/status.js";
import { isMoving, STATES } from "./import_words.js";

/** @typedef {import("./types.js").Import} Import */

/** @param {{job: Import}} props */
export function ImportState({ job }) {
  const [words, tone] = STATES[job.state] ?? [job.state, "out"];
  return html`<${Tag} tone=${tone}>${job.cancelling && isMoving(job) ? "Stopping" : words}<//>`;
}

/** How far it is, while it moves. @param {{job: Import}} props */
export function ImportProgress({ job }) {
  if (!isMoving(job)) return null;
  const known = job.rows > 0 && job.state !== "receiving";
  return html`<div class="import-progress">
    <progress class="progress" aria-label="How far it is" max=${known ? job.rows : null} value=${known ? job.done : null}></progress>
    <p class="soft small figures">${known ? `${job.done} of ${job.rows} lines` : `${job.rows} lines so far`}</p>
  </div>`;
}

/** How many lines are of each kind, in large figures. @param {{job: Import}} props */
export function ImportFigures({ job }) {
  const did = job.state === "done" || job.state === "running";
  /** @type {[string, number, string, string][]} */
  const figures = [
    [did ? "New products" : "Would be new", job.creates, "in", "creates"],
    [did ? "Changed" : "Would change", job.changes, "held", "changes"],
    ["Same as before", job.same, "out", "same"],
    ["Wrong", job.errors, job.errors > 0 ? "wrong" : "out", "errors"],
  ];
  return html`<dl class="import-figures">${figures.map(([name, count, tone, key]) => html`<div key=${name} class="import-figure" data-tone=${tone} data-figure=${key}>
    <dt class="figure-name">${name}</dt><dd class="figure-value figures">${count}</dd>
  </div>`)}</dl>`;
}
