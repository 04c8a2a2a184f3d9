import { html } from "htm/preact";
import { Table } from "../../../components/table.js";
import { Trend } from "../../../components/trend.js";
import { bytes, counted, lasting } from "../words.js";

/** @typedef {import("./shapes.js").ProcessFigures} ProcessFigures */

/** Each process of the shop, on whatever machine. @param {{items: ProcessFigures[], moments: import("./history.js").Moment[]}} props */
export function Processes({ items, moments }) {
  const trend = (/** @type {string} */ id, /** @type {"cpu" | "memory"} */ what) => moments.map(({ processes }) => processes.get(id)?.[what] ?? null);
  return html`<${Table} caption="Each process" rows=${items} rowKey=${(/** @type {ProcessFigures} */ one) => one.id} columns=${[
    { title: "Process", head: true, cell: (/** @type {ProcessFigures} */ one) => processName(one) },
    { title: "Sockets", numeric: true, cell: (/** @type {ProcessFigures} */ one) => counted(one.sockets) },
    { title: "Processor", numeric: true, cell: (/** @type {ProcessFigures} */ one) => html`<span class="with-trend"><${Trend} values=${trend(one.id, "cpu")} most=${100} />${Math.round(one.cpu_percent)}%</span>` },
    { title: "Memory", numeric: true, cell: (/** @type {ProcessFigures} */ one) => html`<span class="with-trend"><${Trend} values=${trend(one.id, "memory")} />${bytes(one.rss_bytes)}</span>` },
    { title: "Loop lag", numeric: true, cell: (/** @type {ProcessFigures} */ one) => lasting(one.loop_lag_seconds) },
    { title: "Stream lag", numeric: true, cell: (/** @type {ProcessFigures} */ one) => lasting(one.stream_lag_seconds) },
    { title: "Commands waiting", numeric: true, cell: (/** @type {ProcessFigures} */ one) => counted(one.ledger_waiting) },
    { title: "Heard", numeric: true, cell: (/** @type {ProcessFigures} */ one) => `${lasting(one.seconds_since_beat)} ago` },
  ]} />`;
}

/** @param {{host: string, pid: number, number: number | null}} process */
export function processName({ host, pid, number }) {
  return number === null ? `${host}, ${pid}` : `${host}, no. ${number} (${pid})`;
}
