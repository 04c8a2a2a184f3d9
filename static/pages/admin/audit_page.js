import { html } from "htm/preact";
import { useState } from "preact/hooks";
import { useAct } from "../../components/acting.js";
import { plural } from "../../components/format.js";
import { Icon } from "../../components/icon.js";
import { useLive } from "../../components/live_context.js";
import { Answered, Empty } from "../../components/states.js";
import { Checked } from "./audit/checked.js";
import { usePolled } from "./polling.js";
import { Desk } from "./ways.js";
import { counted, lasting, moment } from "./words.js";

/** @typedef {import("./audit/shapes.js").AuditState} AuditState */
/** @typedef {import("./audit/shapes.js").Outcome} Outcome */

const WHILE_RUNNING_MS = 1_000;
const ELSE_MS = 15_000; // somebody else may start one

/** Administration: whether all that is kept agrees with itself. */
export function AuditPage() {
  return html`<${Desk} title="Audit" lead="Reads the whole database and proves that stock, holds, carts, orders and payments agree to the unit.">${() => html`<${Audit} />`}<//>`;
}

function Audit() {
  const { mine } = useLive();
  const [running, setRunning] = useState(false);
  const answer = usePolled("/api/admin/audit", running ? WHILE_RUNNING_MS : ELSE_MS);
  const { busy, run } = useAct();
  const now = /** @type {AuditState | null} */ (answer.data)?.running ?? false;
  if (now !== running) setRunning(now);
  const start = () => run(async () => answer.set(await mine.post("/api/admin/audit")), "The audit runs.");
  return html`<${Answered} answer=${answer} rows=${5}>${(/** @type {AuditState} */ state) => html`
    <div class="bar"><button type="button" class="button button-quiet" aria-disabled=${busy || state.running} onClick=${() => !state.running && start()}>${state.running ? "Running…" : "Run it now"}</button>
      ${state.running && html`<p class="soft audit-running" role="status"><span class="pulse" aria-hidden="true"></span>Since ${moment(state.running_since)}. You may leave this page.</p>`}</div>
    ${state.last ? html`<${Last} outcome=${state.last} />` : !state.running && html`<${Empty} title="No audit yet">The first one says here what it found.<//>`}`}<//>`;
}

/** @param {{outcome: Outcome}} props */
function Last({ outcome }) {
  const { ok, error, total, checks, at, finished_at, seconds } = outcome;
  const documents = counted(Object.values(Object.assign({}, ...checks.map(({ examined }) => examined))).reduce((/** @type {number} */ sum, count) => sum + Number(count), 0));
  return html`
    <section class="audit-verdict" data-well=${ok ? "" : null} aria-label="What the last audit found">
      <${Icon} name=${ok ? "check" : "warning"} />
      <div><h2 class="panel-title">${error ? "The audit could not be finished" : ok ? "Everything that must hold, holds" : `${plural(total, "contradiction")} found`}</h2>
        <p class="small figures">${error ?? `${plural(checks.length, "check")} over ${documents} documents, as they were at ${moment(at ?? finished_at)}; it took ${lasting(seconds)}.`}</p></div>
    </section>
    <ul class="checks">${[...checks].sort((one, other) => other.total - one.total).map((check) => html`<${Checked} key=${check.check} check=${check} />`)}</ul>`;
}
