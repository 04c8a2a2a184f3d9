import { html } from "htm/preact";
import { money, plural } from "../../../components/format.js";
import { beforeOf } from "./periods.js";
import { Ticking } from "./ticking.js";

/** @typedef {import("./shapes.js").Dashboard} Dashboard */

const number = new Intl.NumberFormat();
const percent = new Intl.NumberFormat(undefined, { style: "percent" });

/** What was sold in the period, beside the period before. @param {{data: Dashboard}} props */
export function Figures({ data }) {
  const { totals, previous, currency, period } = data;
  const amount = (/** @type {number} */ value) => money(value, currency);
  const count = (/** @type {number} */ value) => number.format(value);
  const before = beforeOf(period);
  return html`<section class="seller-figures" aria-label="Figures">
    <${Figure} name="Revenue" value=${totals.revenue} was=${previous.revenue} text=${amount} before=${before} />
    <${Figure} name="Orders" value=${totals.orders} was=${previous.orders} text=${count} before=${before} />
    <${Figure} name="Units" value=${totals.units} was=${previous.units} text=${count} before=${before}
      note=${data.units_per_minute > 0 ? `${plural(data.units_per_minute, "unit")} a minute now` : null} />
    <${Figure} name="Average order" value=${totals.average_order} was=${previous.average_order} text=${amount} before=${before} />
  </section>`;
}

/**
 * @param {{name: string, value: number, was: number, text: (value: number) => string, before: string, note?: string | null}} props
 */
function Figure({ name, value, was, text, before, note }) {
  return html`<div class="seller-figure" data-figure=${name}>
    <p class="figure-name">${name}</p>
    <p class="figure-value"><${Ticking} value=${value} text=${text} /></p>
    <${Change} value=${value} was=${was} before=${before} />
    ${note && html`<p class="soft small figures">${note}</p>`}
  </div>`;
}

/** @param {{value: number, was: number, before: string}} props */
function Change({ value, was, before }) {
  if (was === 0) return html`<p class="seller-change" data-way="same">${value === 0 ? `None ${before} either` : `None ${before}`}</p>`;
  const part = Math.round((100 * (value - was)) / was) / 100;
  const way = part > 0 ? "up" : part < 0 ? "down" : "same";
  const words = { up: `${percent.format(part)} more`, down: `${percent.format(-part)} less`, same: "As much" }[way];
  return html`<p class="seller-change" data-way=${way}>
    <span class="seller-way" aria-hidden="true">${{ up: "▲", down: "▼", same: "=" }[way]}</span>
    <span><strong class="figures">${words}</strong> ${way === "same" ? `as ${before}` : `than ${before}`}</span>
  </p>`;
}
