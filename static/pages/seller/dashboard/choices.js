import { html } from "htm/preact";
import { useLive } from "../../../components/live_context.js";
import { PERIODS } from "./periods.js";

/** Of which time the figures are. @param {{period: string}} props */
export function PeriodChoice({ period }) {
  const { place } = useLive();
  return html`<div class="choices" role="group" aria-label="Figures of the last">
    ${PERIODS.map(([name, words]) => html`<button key=${name} type="button" class="chip" aria-pressed=${period === name} onClick=${() => place.ask({ period: name })}>${words}</button>`)}
  </div>`;
}

/** In which currency, where there are several. @param {{data: {currency: string, currencies: string[]}}} props */
export function CurrencyChoice({ data }) {
  const { place } = useLive();
  const all = [...new Set([data.currency, ...data.currencies])].sort();
  if (all.length < 2) return null;
  return html`<div class="choices" role="group" aria-label="Currency">
    ${all.map((one) => html`<button key=${one} type="button" class="chip" aria-pressed=${data.currency === one} onClick=${() => place.ask({ currency: one })}>${one}</button>`)}
  </div>`;
}
