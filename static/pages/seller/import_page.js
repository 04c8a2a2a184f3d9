import { html } from "htm/preact";
import { useEffect } from "preact/hooks";
import { useAnswer } from "../../components/answer.js";
import { Confirmed } from "../../components/dialog.js";
import { plural } from "../../components/format.js";
import { useHeard } from "../../components/heard.js";
import { useLive } from "../../components/live_context.js";
import { Answered } from "../../components/states.js";
import { useAct } from "./act.js";
import { ImportLines } from "./import_lines.js";
import { ImportFigures, ImportProgress, ImportState } from "./import_progress.js";
import { isMoving } from "./import_words.js";
import { SellerPage } from "./ways.js";
import { sayWhen, sentence } from "./words.js";

/** @typedef {import("./types.js").Import} Import */

const LOOK_MS = 20_000;

/** One import: what it would do, and doing it. @param {{id: string}} props */
export function ImportPage({ id }) {
  return html`<${SellerPage} title="Import"><${Found} id=${id} /><//>`;
}

/** @param {{id: string}} props */
function Found({ id }) {
  const answer = useAnswer(`/api/products/imports/${id}`);
  const moving = answer.data !== null && isMoving(answer.data);
  useHeard("import", ({ import: job }) => { if (job.id === id) answer.set(job); });
  // Its seller and who sent it in are told; this asks in case that an event was missed, and for other admins.
  useEffect(() => {
    if (!moving) return undefined;
    const timer = setInterval(answer.reload, LOOK_MS);
    return () => clearInterval(timer);
  }, [moving, answer.reload]);
  return html`<${Answered} answer=${answer} rows=${6}>${(/** @type {Import} */ job) => html`<${Review} job=${job} set=${answer.set} />`}<//>`;
}

/** @param {{job: Import, set: (job: Import) => void}} props */
function Review({ job, set }) {
  const { mine, notices } = useLive();
  const act = useAct();
  const path = `/api/products/imports/${job.id}`;
  const apply = async () => {
    if (await act.run(async () => set(await mine.post(`${path}/apply`)))) notices.say("The import is under way.");
  };
  const cancel = async () => void (await act.run(async () => set(await mine.post(`${path}/cancel`))));
  const willDo = job.creates + job.changes;
  return html`
    <section class="panel import-now" aria-labelledby="import-state">
      <h2 id="import-state" class="panel-title" data-state=${job.state}><${ImportState} job=${job} /> <span class="soft small">${sayWhen(job.created_at)}, ${plural(job.rows, "line")}</span></h2>
      <p role="status">${sayState(job)}</p>
      <${ImportProgress} job=${job} />
      <${ImportFigures} job=${job} />
      ${act.problem && html`<p class="form-problem" role="alert">${act.problem}</p>`}
      <div class="page-actions">
        ${job.state === "ready" && willDo > 0 && html`<${Confirmed} quiet=${false} label=${`Do it: ${plural(willDo, "product")}`} question="Change the shop as listed?" yes="Do it" act=${apply}
          words=${`${plural(job.creates, "new product")}, ${plural(job.changes, "change")}. ${job.errors > 0 ? `${plural(job.errors, "wrong line")} will be left out.` : "No line is wrong."} Shoppers see it at once.`} />`}
        ${(job.state === "ready" || (isMoving(job) && !job.cancelling)) && html`<${Confirmed} label=${job.state === "ready" ? "Throw it away" : "Stop it"} question=${job.state === "running" ? "Stop here?" : "Throw this import away?"}
          words=${job.state === "running" ? "What was done stays done." : "Nothing was changed."} yes=${job.state === "running" ? "Stop" : "Throw it away"} act=${cancel} />`}
        ${!isMoving(job) && job.state !== "ready" && html`<a class="button button-quiet" href="/seller/import">Another import</a><a class="button button-text" href="/seller/products">Your products</a>`}
      </div>
    </section>
    ${job.state !== "receiving" && job.state !== "checking" && html`<${ImportLines} job=${job} />`}
  `;
}

/** @param {Import} job */
function sayState({ state, reason, creates, changes, errors, dry_run: dry }) {
  if (state === "receiving" || state === "checking") return "The file is being checked. Nothing is changed yet.";
  if (state === "running") return "The lines are being carried out, one by one. You may leave this page.";
  if (state === "failed") return `It could not be done. ${reason ? sentence(reason) : ""}`;
  if (state === "cancelled") return "It was stopped. What was done until then stays done.";
  if (state === "done") return errors > 0 ? "Done, but for the lines that are wrong." : "Done. All of it is in the shop.";
  if (creates + changes === 0) return errors > 0 ? "Nothing can be done: look at what is wrong, mend the file and choose it again." : "Nothing would change: all is so already.";
  return dry && errors > 0 ? "Nothing is changed yet. Wrong lines are left out; you can mend the file and choose it again." : "Nothing is changed yet. Look it over, then do it.";
}
