import { html } from "htm/preact";
import { useState } from "preact/hooks";
import { useAnswer, usePages } from "../../components/answer.js";
import { money } from "../../components/format.js";
import { useHeard } from "../../components/heard.js";
import { Icon } from "../../components/icon.js";
import { useLive } from "../../components/live_context.js";
import { Answered, Empty, More } from "../../components/states.js";
import { Table } from "../../components/table.js";
import { useAct } from "./act.js";
import { DropZone } from "./drop_zone.js";
import { ImportState } from "./import_progress.js";
import { columnsIn, readable, template, unitsSaid } from "./import_words.js";
import { SellerPage } from "./ways.js";
import { OfSeller, useWhose } from "./whose.js";
import { sayWhen } from "./words.js";

/** @typedef {import("./types.js").Import} Import */

/** A whole list of products at once, looked over before anything is changed. */
export function ImportsPage() {
  return html`<${SellerPage} title="Import" lead="Bring in a list of products and stock. You see what it would change before it does.">
    <${OfSeller} what="list" words="Choose the seller whose products the file is about.">${(/** @type {{seller: string, admin: boolean}} */ whose) => html`<div class="import-top"><${Send} ...${whose} /><${Shape} /></div>`}<//>
    <${Former} />
  <//>`;
}

/** @param {{seller: string, admin: boolean}} props an admin sends it for a seller */
function Send({ seller, admin }) {
  const { mine, place } = useLive();
  const act = useAct();
  const [name, setName] = useState("");
  /** @param {File[]} files */
  const send = async ([file]) => {
    if (!file || act.busy) return;
    const { body, problem } = readable(file);
    if (problem !== undefined) {
      act.refuse(problem);
      return;
    }
    setName(file.name);
    await act.run(async () => {
      const job = await mine.send(`/api/products/import?dry_run=true${admin ? `&seller_id=${encodeURIComponent(seller)}` : ""}`, body);
      place.go(`/seller/import/${job.id}`);
    });
  };
  return html`<section class="panel" aria-labelledby="send-title">
    <h2 id="send-title" class="panel-title">Choose a file</h2>
    <${DropZone} label="Choose a file" words=${act.busy ? `Sending ${name}` : "Drop a CSV or JSON Lines file here. It is checked first; nothing changes yet."} accept=".csv,.jsonl,.ndjson,text/csv"
      name="import" disabled=${act.busy} onFiles=${send} />
    ${act.busy && html`<progress class="progress" aria-label=${`Sending ${name}`}></progress>`}
    ${act.problem && html`<p class="form-problem" role="alert">${act.problem}</p>`}
  </section>`;
}

function Shape() {
  const { shop } = useLive();
  const keep = () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(template());
    link.download = "products-template.csv";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  };
  return html`<section class="panel" aria-labelledby="shape-title">
    <h2 id="shape-title" class="panel-title">What is in it</h2>
    <p class="soft">One product per line, found by its SKU. Columns that you leave out stay as they are. What you export under Products has this shape.</p>
    <p><strong>Prices:</strong> ${unitsSaid(2_400, shop.facts.value.currency)}; 24 alone is ${money(24, shop.facts.value.currency)}.</p>
    <button type="button" class="button button-quiet" onClick=${keep}><${Icon} name="down" />An empty file to fill in</button>
    <details class="import-shape"><summary>The columns</summary>
      <dl>${columnsIn(shop.facts.value.currency).map(([name, words]) => html`<div key=${name}><dt><code>${name}</code></dt><dd>${words}</dd></div>`)}</dl>
    </details>
  </section>`;
}

/** @param {(id: string) => string} named @param {boolean} admin @returns {import("../../components/table.js").Column<Import>[]} */
const columnsOf = (named, admin) => [
  { title: "When", head: true, cell: ({ id, created_at: at }) => html`<a class="import-when" href=${`/seller/import/${id}`}>${sayWhen(at)}</a>` },
  ...(admin ? [{ title: "Seller", words: true, cell: (/** @type {Import} */ { seller_id: id }) => named(id) }] : []),
  { title: "State", cell: (job) => html`<${ImportState} job=${job} />` },
  { title: "Lines", numeric: true, cell: ({ rows }) => rows },
  { title: "New", numeric: true, cell: ({ creates }) => creates },
  { title: "Changed", numeric: true, cell: ({ changes }) => changes },
  { title: "Same", numeric: true, cell: ({ same }) => same },
  { title: "Wrong", numeric: true, cell: ({ errors }) => errors },
];

function Former() {
  const { admin } = useWhose();
  const sellers = useAnswer(admin ? "/api/admin/users?role=seller&limit=100" : null).data?.items ?? [];
  const named = (/** @type {string} */ id) => sellers.find((/** @type {{id: string}} */ one) => one.id === id)?.name ?? `Seller ${id.slice(-8).toUpperCase()}`;
  const pages = usePages("/api/products/imports?limit=20");
  useHeard("import", ({ import: job }) => pages.set((known) => known && {
    ...known,
    items: known.items.some(({ id }) => id === job.id) ? known.items.map((one) => (one.id === job.id ? job : one)) : [job, ...known.items],
  }));
  return html`<section class="import-former" aria-labelledby="former-title">
    <h2 id="former-title" class="panel-title">Former imports</h2>
    <${Answered} answer=${pages} rows=${3}>${() => pages.items.length === 0
      ? html`<${Empty} title="None yet."><p>What you import is listed here for a week, line by line.</p><//>`
      : html`<${Table} caption="Imports and what came of them" columns=${columnsOf(named, admin)} rows=${pages.items} rowKey=${(/** @type {Import} */ { id }) => id} /><${More} pages=${pages} what="older imports" />`}<//>
  </section>`;
}
