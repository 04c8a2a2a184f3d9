import { html } from "htm/preact";
import { useMemo } from "preact/hooks";
import { Chart } from "../../../components/chart.js";
import { clockTime } from "../words.js";
import { FIGURES } from "./tiles.js";

/** How one figure went within the last hour: as the server remembers it, or since this page is watched. @param {{chosen: string, moments: import("./history.js").Moment[]}} props */
export function Lately({ chosen, moments }) {
  const figure = FIGURES.find(({ key }) => key === chosen) ?? /** @type {import("./tiles.js").Figure} */ (FIGURES[0]);
  const known = useMemo(() => {
    const first = moments.findIndex(({ figures }) => figures[figure.key] != null);
    return first < 0 ? [] : moments.slice(first);
  }, [moments, figure]);
  const at = useMemo(() => known.map((one) => one.at), [known]);
  const series = useMemo(() => [{ label: figure.name, values: known.map(({ figures }) => figures[figure.key] ?? null) }], [known, figure]);
  return html`<section class="panel part part-wide" aria-label="Lately">
    ${known.length < 3
      ? html`<h2 class="panel-title">${figure.name}</h2><p class="soft">The line begins as you watch: a point every two seconds.</p>`
      : html`<${Chart} title=${`${figure.name} within the last hour`} at=${at} series=${series} when=${clockTime} value=${figure.say} height=${180} />`}
  </section>`;
}
