import { html } from "htm/preact";
import { plural } from "../../../components/format.js";
import { Tag } from "../../../components/status.js";
import { useStaying } from "../whose.js";
import { fresh } from "./changes.js";
import { Ticking } from "./ticking.js";

/**
 * @typedef {import("./shapes.js").Dashboard} Dashboard
 * @typedef {import("./shapes.js").CarriedLevel} CarriedLevel
 */

const SHOWN = 6;

/** What carts hold right now, how much of it is about to come back, and where that matters. @param {{data: Dashboard}} props */
export function Demand({ data }) {
  const { units, expiring_within_60_seconds: soon, expiring_within_300_seconds: later } = data.held;
  const carried = data.in_carts.items.map((item) => fresh(data, item)).filter((item) => item.held > 0);
  const risky = carried.filter((item) => item.expiring_within_300_seconds > 0 || item.available <= item.threshold);
  const shown = (risky.length > 0 ? risky : carried).slice(0, SHOWN);
  return html`<section class="panel" aria-labelledby="demand">
    <h2 class="panel-title" id="demand">Demand in carts</h2>
    <p><span class="figure-value"><${Ticking} value=${units} text=${String} /></span> <span class="soft">${units === 1 ? "unit" : "units"} held, of ${plural(data.in_carts.count, "product")}</span></p>
    <ul class="demand-ends">
      <${Ending} units=${soon} of=${units} words="end within a minute" />
      <${Ending} units=${later} of=${units} words="end within five" />
    </ul>
    ${shown.length > 0 && html`
      <h3 class="demand-title">${risky.length > 0 ? "At risk" : "Held most closely"}</h3>
      <ul class="lines">${shown.map((item) => html`<${AtRisk} key=${item.id} item=${item} />`)}</ul>
    `}
    ${units === 0 && html`<p class="soft">No cart holds anything of yours at the moment.</p>`}
  </section>`;
}

/** @param {{units: number, of: number, words: string}} props */
function Ending({ units, of, words }) {
  return html`<li>
    <span><strong class="figures">${units}</strong> ${words}</span>
    <meter class="demand-meter" min="0" max=${Math.max(1, of)} value=${units} aria-label=${`${units} of ${of} ${words}`}></meter>
  </li>`;
}

/** @param {{item: CarriedLevel}} props */
function AtRisk({ item }) {
  const soon = Math.min(item.held, item.expiring_within_60_seconds);
  const later = Math.min(item.held, item.expiring_within_300_seconds);
  const staying = useStaying();
  return html`<li class="line-row" data-product=${item.id}>
    <div class="line-words">
      <a class="line-name" href=${`/seller/products/${item.id}/stock${staying}`}>${item.name}</a>
      <p class="soft small figures">${plural(item.held, "unit")} in carts · ${item.available > 0 ? `${item.available} left` : "none left"}</p>
    </div>
    ${soon > 0 && html`<${Tag} tone="wrong">${soon} within a minute<//>`}
    ${soon === 0 && later > 0 && html`<${Tag} tone="low">${later} within five<//>`}
    ${later === 0 && item.available <= item.threshold && html`<${Tag} tone="held">wanted and scarce<//>`}
  </li>`;
}
