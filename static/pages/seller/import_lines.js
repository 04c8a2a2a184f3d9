import { html } from "htm/preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { usePages } from "../../components/answer.js";
import { money } from "../../components/format.js";
import { useLive } from "../../components/live_context.js";
import { Answered, Empty, More } from "../../components/states.js";
import { Tag } from "../../components/status.js";
import { Table } from "../../components/table.js";
import { inWords, Turned } from "./changes.js";
import { suspicious, unitsSaid } from "./import_words.js";
import { useOwnProducts } from "./own_products.js";
import { sentence } from "./words.js";

/** @typedef {import("./types.js").Line} Line */

/** @type {Record<string, [string, "in" | "low" | "held" | "out" | "wrong"]>} */
const ACTIONS = { create: ["New", "in"], change: ["Changed", "held"], same: ["Same", "out"], error: ["Wrong", "wrong"] };

/** @param {import("./types.js").Own[]} own @returns {import("../../components/table.js").Column<Line>[]} */
function columnsOf(own) {
  return [
    { title: "Line", head: true, cell: ({ line }) => html`<span class="figures">Line ${line}</span>` },
    { title: "SKU", words: true, cell: ({ sku }) => html`<code>${sku ?? "–"}</code>` },
    { title: "What", cell: ({ action }) => (action ? html`<${Tag} tone=${ACTIONS[action]?.[1] ?? "out"}>${ACTIONS[action]?.[0] ?? action}<//>` : html`<span class="soft">Not looked at</span>`) },
    { title: "In it", words: true, cell: (line) => html`<${Told} line=${line} own=${own} />` },
  ];
}

/** Line by line what an import would do, or did: what is wrong first. @param {{job: import("./types.js").Import}} props */
export function ImportLines({ job }) {
  const [chosen, setChosen] = useState(/** @type {string | null} */ (null));
  const only = chosen ?? (job.errors > 0 ? "errors" : "changes");
  const pages = usePages(`/api/products/imports/${job.id}/lines?limit=100${only === "all" ? "" : `&only=${only}`}`);
  const own = useOwnProducts(null).known;
  const columns = useMemo(() => columnsOf([...(own?.products.values() ?? [])]), [own]);
  useReloadAtTheEnd(job.state, pages.reload);
  /** @type {[string, string][]} */
  const choices = [["errors", `Wrong (${job.errors})`], ["changes", `Changes (${job.creates + job.changes})`], ["all", `All (${job.rows})`]];
  return html`<section class="import-lines" aria-labelledby="lines-title">
    <div class="panel-head">
      <h2 id="lines-title" class="panel-title">Line by line</h2>
      <div class="own-states-choice" role="group" aria-label="Show">${choices.map(([value, words]) => html`<button key=${value} type="button" class="chip" aria-pressed=${only === value} onClick=${() => setChosen(value)}>${words}</button>`)}</div>
    </div>
    <${Answered} answer=${pages} rows=${5}>${() => pages.items.length === 0
      ? html`<${Empty} title=${only === "errors" ? "No line is wrong." : "Nothing here."} />`
      : html`
        ${pages.items.some((/** @type {Line} */ { changes }) => suspicious(changes.price)) && html`<p class="form-problem" role="alert">Some prices would be far less than before. A whole number is in the smallest unit: look at the lines that are marked.</p>`}
        <${Table} caption="The lines of the file" columns=${columns} rows=${pages.items} rowKey=${(/** @type {Line} */ { line }) => String(line)} rowProps=${(/** @type {Line} */ { line }) => ({ "data-line": line })} /><${More} pages=${pages} what="more lines" />`}<//>
  </section>`;
}

/** @param {string} state @param {() => Promise<void>} reload */
function useReloadAtTheEnd(state, reload) {
  const known = useRef(state);
  useEffect(() => {
    if (known.current !== state) void reload();
    known.current = state;
  }, [state, reload]);
}

/** What is wrong with a line; else each field before and after. @param {{line: Line, own: import("./types.js").Own[]}} props `own`: whose prices have a currency */
function Told({ line, own }) {
  const { shop } = useLive();
  if (line.errors.length > 0) {
    return html`<ul class="line-told">${line.errors.map(({ column, detail }, index) => html`<li key=${index} class="field-problem">${column && html`<code>${column}</code> `}${sentence(detail)}</li>`)}</ul>`;
  }
  const fields = Object.entries(line.changes);
  if (fields.length === 0) return html`<span class="soft">As it is.</span>`;
  const known = line.sku ? own.find(({ sku }) => sku === line.sku) : undefined;
  const currency = line.changes.currency?.[1] ?? known?.currency ?? shop.facts.value.currency;
  return html`<ul class="line-told">${fields.map(([field, [before, after]]) => html`<li key=${field}>
    <span class="change-field">${field.replaceAll("_", " ")}</span> <${Turned} before=${shown(field, before, currency)} after=${shown(field, after, currency)} />
    ${field === "price" && typeof after === "number" && html` <span class="soft small">(in the file, ${unitsSaid(after, currency)})</span>`}
    ${field === "price" && suspicious([before, after]) && html`<p class="field-problem">Far less than before. If it was not meant so, write the price with its decimals.</p>`}
  </li>`)}</ul>`;
}

/** @param {string} field @param {any} value @param {string} currency */
function shown(field, value, currency) {
  if (field === "price" && typeof value === "number") return money(value, currency);
  const words = inWords(field, value, currency);
  return words.length > 120 ? `${words.slice(0, 117)}…` : words;
}
