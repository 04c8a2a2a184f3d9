import { html } from "htm/preact";
import { useState } from "preact/hooks";
import { Shares } from "../../../components/chart.js";
import { departmentName } from "../../../components/department.js";
import { money, plural } from "../../../components/format.js";

/**
 * @typedef {import("./shapes.js").Dashboard} Dashboard
 * @typedef {import("./shapes.js").ProductSold} ProductSold
 */

const since = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "long", timeZone: "UTC" });
const SHOWN = 8;

/** The products that sell best, by units or by revenue. @param {{data: Dashboard}} props */
export function Best({ data }) {
  const [by, setBy] = useState(/** @type {"revenue" | "units"} */ ("revenue"));
  const rows = (by === "units" ? data.top_products.by_units : data.top_products.by_revenue).slice(0, SHOWN);
  const most = Math.max(1, ...rows.map((row) => row[by]));
  return html`<section class="panel" aria-labelledby="best">
    <div class="panel-head">
      <h2 class="panel-title" id="best">Best sellers</h2>
      <div class="choices" role="group" aria-label="Best by">
        ${/** @type {const} */ (["revenue", "units"]).map((one) => html`<button key=${one} type="button" class="chip" aria-pressed=${by === one} onClick=${() => setBy(one)}>By ${one}</button>`)}
      </div>
    </div>
    ${rows.length === 0 && html`<p class="soft">Nothing was sold in this time.</p>`}
    <ol class="ranks">${rows.map((row, index) => html`<${Rank} key=${row.product_id} row=${row} place=${index + 1} part=${row[by] / most} currency=${data.currency} />`)}</ol>
    ${rows.length > 0 && html`<p class="soft small">Since ${since.format(new Date(data.top_products.since))}, in whole days.</p>`}
  </section>`;
}

/** @param {{row: ProductSold, place: number, part: number, currency: string}} props */
function Rank({ row, place, part, currency }) {
  return html`<li class="rank" data-product=${row.product_id}>
    <span class="rank-fill" style=${{ inlineSize: `${100 * part}%` }} aria-hidden="true"></span>
    <span class="rank-place figures" aria-hidden="true">${place}</span>
    <span class="rank-name">${row.name ?? "A product that is gone"}</span>
    <span class="rank-figures figures"><span class="soft">${plural(row.units, "unit")}</span> <strong>${money(row.revenue, currency)}</strong></span>
  </li>`;
}

/** How the revenue is shared among the departments. @param {{data: Dashboard}} props */
export function Departments({ data }) {
  const { items, since: first } = data.by_category;
  const parts = items.map(({ category, revenue }) => ({ name: departmentName(category), value: revenue }));
  return html`<section class="panel" aria-labelledby="departments">
    ${parts.length === 0
      ? html`<h2 class="panel-title" id="departments">Revenue by department</h2><p class="soft">Nothing was sold in this time.</p>`
      : html`<${Shares} title="Revenue by department" parts=${parts} value=${(/** @type {number} */ value) => money(value, data.currency)} />
        <p class="soft small" id="departments">Since ${since.format(new Date(first))}, in whole days.</p>`}
  </section>`;
}
