import { html } from "htm/preact";
import { useMemo } from "preact/hooks";
import { said, sayTime, shortTime } from "./chart_axis.js";
import { Plotted } from "./plotted.js";
import { shortNumber } from "./short.js";

/**
 * @typedef {{label: string, values: (number | null)[], tone?: "accent" | "in" | "low" | "ink", text?: (value: number) => string}} Series
 */

const HEIGHT = 240;
const percent = new Intl.NumberFormat(undefined, { style: "percent" });

/**
 * A chart over time, with the same figures as a table behind it. The drawing itself is hidden from screen readers.
 *
 * @param {{title: string, kind?: "bars" | "line" | "steps", at: number[], series: Series[], when?: (seconds: number) => string,
 *   value?: (value: number) => string, tick?: (seconds: number) => string, short?: (value: number) => string,
 *   height?: number}} props `at`: times in seconds since 1970, ascending; `when` and `value` say a time and a value in
 *   words, in the table and under the pointer; `tick` and `short` say them beside the axes, where there is little room
 */
export function Chart({ title, kind = "line", at, series, when = sayTime, value, tick, short, height = HEIGHT }) {
  const span = (at.at(-1) ?? 0) - (at[0] ?? 0);
  const words = {
    when,
    value: value ?? String,
    tick: tick ?? (when === sayTime ? shortTime(span) : when),
    short: short ?? value ?? shortNumber,
  };
  return html`<figure class="chart">
    <figcaption class="chart-title">${title}</figcaption>
    ${series.length > 1 && html`<ul class="chart-legend">${series.map(({ label, tone = "accent" }) => html`<li key=${label} data-tone=${tone}>${label}</li>`)}</ul>`}
    ${at.length === 0 ? html`<p class="chart-none" style=${{ minHeight: `${height}px` }}>Nothing to draw yet.</p>` : html`<${Plotted} kind=${kind} at=${at} series=${series} words=${words} height=${height} />`}
    <${Figures} title=${title} at=${at} series=${series} when=${when} value=${words.value} />
  </figure>`;
}

/** @param {{title: string, at: number[], series: Series[], when: (seconds: number) => string, value: (value: number) => string}} props */
function Figures({ title, at, series, when, value }) {
  // A chart that ticks has many rows of which few move.
  const rows = useMemo(() => at.map((time, index) => html`<tr key=${time}>
    <th scope="row">${when(time)}</th>
    ${series.map(({ label, values, text = value }) => html`<td class="table-number figures" key=${label}>${said(values[index], text)}</td>`)}
  </tr>`), [at, series, when, value]);
  return html`<details class="chart-figures">
    <summary>As a table</summary>
    <div class="chart-table" tabindex="0" role="region" aria-label=${`${title}: as a table`}><table class="table">
      <caption class="unseen">${title}</caption>
      <thead><tr><th scope="col">Time</th>${series.map(({ label }) => html`<th scope="col" class="table-number" key=${label}>${label}</th>`)}</tr></thead>
      <tbody>${rows}</tbody>
    </table></div>
  </details>`;
}

/**
 * Shares of a whole, each a bar as long as it is large, with its figure beside it.
 *
 * @param {{title: string, parts: {name: string, value: number}[], value?: (value: number) => string}} props largest first
 */
export function Shares({ title, parts, value = String }) {
  const whole = parts.reduce((sum, part) => sum + part.value, 0);
  return html`<figure class="chart shares">
    <figcaption class="chart-title">${title}</figcaption>
    <table class="shares-table"><caption class="unseen">${title}</caption>
      <thead class="unseen"><tr><th scope="col">Part</th><th scope="col">Share</th><th scope="col">Figure</th></tr></thead>
      <tbody>${parts.map((part) => html`<tr key=${part.name}>
        <th scope="row">${part.name}</th>
        <td class="share-bar"><span class="share-fill" style=${{ inlineSize: `${whole ? (100 * part.value) / whole : 0}%` }}></span><span class="share-words figures">${percent.format(whole ? part.value / whole : 0)}</span></td>
        <td class="table-number figures">${value(part.value)}</td>
      </tr>`)}</tbody>
    </table>
  </figure>`;
}
