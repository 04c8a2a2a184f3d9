import { html } from "htm/preact";
import { useState } from "preact/hooks";
import { Answered } from "../../components/states.js";
import { Around } from "./overview/around.js";
import { Database } from "./overview/database.js";
import { Lately } from "./overview/lately.js";
import { Part } from "./overview/part.js";
import { Processes } from "./overview/processes.js";
import { Sales } from "./overview/sales.js";
import { Tiles } from "./overview/tiles.js";
import { Verdict } from "./overview/verdict.js";
import { useOverview } from "./overview/watching.js";
import { Desk } from "./ways.js";

/** Administration: how the whole shop is doing, live. */
export function OverviewPage() {
  return html`<${Desk} title="Overview">${() => html`<${Overview} />`}<//>`;
}

function Overview() {
  const overview = useOverview();
  const [chosen, setChosen] = useState("sockets");
  const { moments } = overview;
  return html`<${Answered} answer=${{ ...overview, data: overview.dashboard }} rows=${6}>${(/** @type {import("./overview/shapes.js").Dashboard} */ dashboard) => html`
    <div class="overview">
      <${Verdict} dashboard=${dashboard} />
      <${Tiles} dashboard=${dashboard} moments=${moments} chosen=${chosen} onChoose=${setChosen} />
      <${Lately} chosen=${chosen} moments=${moments} />
      <${Part} title="Processes" part=${dashboard.processes} wide>${(/** @type {{items: import("./overview/shapes.js").ProcessFigures[]}} */ { items }) => html`<${Processes} items=${items} moments=${moments} />`}<//>
      <${Sales} dashboard=${dashboard} />
      <${Around} dashboard=${dashboard} />
      <${Database} dashboard=${dashboard} />
    </div>`}<//>`;
}
