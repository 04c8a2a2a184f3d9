import { html } from "htm/preact";
import { useCallback, useMemo } from "preact/hooks";
import { Chart } from "../../../components/chart.js";
import { money } from "../../../components/format.js";
import { shortMoney } from "../../../components/short.js";
import { sayDay, sayHour, tickDay } from "./periods.js";

const count = new Intl.NumberFormat();
const sayCount = (/** @type {number} */ value) => count.format(value);

const hour = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const localDay = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric" });
const tickHour = (/** @type {number} */ seconds) => hour.format(new Date(seconds * 1_000));
const tickLocalDay = (/** @type {number} */ seconds) => localDay.format(new Date(seconds * 1_000));

/** Revenue and orders over the period, by the hour or by the day. @param {{data: import("./shapes.js").Dashboard}} props */
export function Charts({ data }) {
  const { series, currency, unit } = data;
  const at = useMemo(() => series.map((point) => Date.parse(point.at) / 1_000), [series]);
  const revenue = useMemo(() => [{ label: "Revenue", values: series.map((point) => point.revenue) }], [series]);
  const orders = useMemo(() => [{ label: "Orders", values: series.map((point) => point.orders) }], [series]);
  const amount = useCallback((/** @type {number} */ value) => money(Math.round(value), currency), [currency]);
  const short = useCallback((/** @type {number} */ value) => shortMoney(value, currency), [currency]);
  const by = unit === "day" ? "by day" : "by hour";
  const times = unit === "day" ? { when: sayDay, tick: tickDay } : { when: sayHour, tick: at.length > 48 ? tickLocalDay : tickHour };
  return html`
    <section class="panel"><${Chart} title=${`Revenue ${by}`} kind="line" at=${at} series=${revenue} value=${amount} short=${short} ...${times} /></section>
    <section class="panel"><${Chart} title=${`Orders ${by}`} kind="bars" at=${at} series=${orders} value=${sayCount} height=${180} ...${times} /></section>
  `;
}
