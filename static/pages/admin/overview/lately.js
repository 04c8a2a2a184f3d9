import { html } from "htm/preact";
import { useMemo } from "preact/hooks";
import { Chart } from "../../../components/chart.js";
import { clockTime } from "../words.js";
import { FIGURES } from "./tiles.js";

/** How one figure went while this page was watched. @param {{chosen: string, moments: import("./history.js").Moment[]}} props */
export function Lately({ chosen, moments }) {
  const figure = FIGURES.find(({ key }) => key === chosen) ?? /** @type {import("./tiles.js").Figure} */ (FIGURES[0]);
  const at = useMemo(() => moments.map((one) => one.at), [moments]);
  const series = useMemo(() => [{ label: figure.name, values: moments.map(({ figures }) => figures[figure.key] ?? null) }], [moments, figure]);
  return html`<section class="panel part part-wide" aria-label="Lately">
    ${moments.length < 3
      ? html`<h2 class="panel-title">${figure.name}</h2><p class="soft">The line begins as you watch: a point every two seconds.</p>`
      : html`<${Chart} title=${`${figure.name}, while you watch`} at=${at} series=${series} when=${clockTime} value=${figure.say} height=${180} />`}
  </section>`;
}
