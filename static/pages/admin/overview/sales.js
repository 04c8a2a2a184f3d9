import { html } from "htm/preact";
import { useMemo, useState } from "preact/hooks";
import { Chart, Shares } from "../../../components/chart.js";
import { departmentName } from "../../../components/department.js";
import { money } from "../../../components/format.js";
import { useLive } from "../../../components/live_context.js";
import { Answered } from "../../../components/states.js";
import { counted } from "../words.js";
import { Ranks } from "./ranks.js";
import { Unread } from "./part.js";
import { useSales } from "./watching.js";

/** @typedef {"revenue" | "orders" | "units"} Measure */
/** @typedef {import("./shapes.js").Sales} SalesFigures */

/** @type {[string, string][]} */
const PERIODS = [["24h", "24 h"], ["7d", "7 days"], ["30d", "30 days"], ["90d", "90 days"]];
/** @type {[Measure, string][]} */
const MEASURES = [["revenue", "Revenue"], ["orders", "Orders"], ["units", "Units"]];
const BY_DAY = ["30d", "90d"];
const hour = new Intl.DateTimeFormat(undefined, { weekday: "short", hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", timeZone: "UTC" }); // the shop's days are UTC's

/** What was sold, by hour or day, and what and who sold most. @param {{dashboard: import("./shapes.js").Dashboard}} props */
export function Sales({ dashboard }) {
  const { place } = useLive();
  const asked = place.query.value.get("period") ?? "";
  const period = PERIODS.some(([one]) => one === asked) ? asked : "24h";
  const answer = useSales(period, dashboard);
  return html`<section class="panel part part-wide" aria-label="Sales">
    <header class="part-head">
      <h2 class="panel-title">Sales</h2>
      <div class="chips" role="group" aria-label="Period">${PERIODS.map(([one, words]) => html`<button type="button" key=${one} class="chip" aria-pressed=${one === period}
        onClick=${() => place.ask({ period: one === "24h" ? null : one })}>${words}</button>`)}</div>
    </header>
    <${Answered} answer=${answer} rows=${5}>${(/** @type {import("./shapes.js").Dashboard} */ told) => html`
      ${told.sales.ok ? html`<${Sold} sales=${told.sales} byDay=${BY_DAY.includes(period)} />` : html`<${Unread} reason=${told.sales.reason} />`}
      <div class="part-pair">
        <${Ranks} title="Top products" by="units" part=${told.top_products} to=${(/** @type {string} */ id) => `/product/${id}`} />
        <div class="part-stack">
          <${Ranks} title="Top sellers" by="revenue" part=${told.top_sellers} to=${(/** @type {string} */ id) => `/admin/users/${id}`} />
          ${told.top_products.ok && told.top_products.by_category.length > 0 && html`<${Departments} part=${told.top_products} />`}
        </div>
      </div>`}<//>
  </section>`;
}

/** How the revenue is shared among the departments. @param {{part: {currency: string, by_category: {category: string | null, revenue: number}[]}}} props */
function Departments({ part: { currency, by_category: shares } }) {
  const parts = shares.map(({ category, revenue }) => ({ name: departmentName(category), value: revenue }));
  return html`<${Shares} title="Revenue by department" parts=${parts} value=${(/** @type {number} */ value) => money(value, currency)} />`;
}

/** @param {{sales: SalesFigures, byDay: boolean}} props */
function Sold({ sales, byDay }) {
  const [measure, setMeasure] = useState(/** @type {Measure} */ ("revenue"));
  const { currency, series } = sales;
  const at = useMemo(() => series.map((point) => Date.parse(point.at) / 1_000), [series]);
  const lines = useMemo(() => [{ label: MEASURES.find(([one]) => one === measure)?.[1] ?? "", values: series.map((point) => point[measure]) }], [series, measure]);
  const full = useMemo(() => (/** @type {number} */ value) => exact(measure, value, currency), [measure, currency]);
  const short = useMemo(() => (/** @type {number} */ value) => (measure === "revenue" ? compact(value, currency) : counted(value)), [measure, currency]);
  return html`
    <div class="sold">${MEASURES.map(([one, words]) => html`<button type="button" key=${one} class="tile" aria-pressed=${one === measure} onClick=${() => setMeasure(one)}>
      <span class="figure-name">${words}</span><span class="tile-value figures" key=${sales[one]}>${exact(one, sales[one], currency)}</span>
    </button>`)}</div>
    <${Chart} title=${byDay ? "By day" : "By hour"} kind="bars" at=${at} series=${lines} when=${byDay ? sayDay : sayHour} value=${full} short=${short} height=${220} />`;
}

/** @param {Measure} measure @param {number} value @param {string} currency */
function exact(measure, value, currency) {
  return measure === "revenue" ? money(value, currency) : counted(value);
}

/** @param {number} minor @param {string} currency */
function compact(minor, currency) {
  const format = new Intl.NumberFormat(undefined, { style: "currency", currency, notation: "compact", maximumFractionDigits: 1 });
  const digits = new Intl.NumberFormat(undefined, { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2;
  return format.format(minor / 10 ** digits);
}

/** @param {number} seconds */
function sayHour(seconds) {
  return hour.format(new Date(seconds * 1_000));
}

/** @param {number} seconds */
function sayDay(seconds) {
  return day.format(new Date(seconds * 1_000));
}
