import { html } from "htm/preact";
import { useWatch } from "../../components/heard.js";
import { useLive } from "../../components/live_context.js";
import { Answered } from "../../components/states.js";
import { Arrivals } from "./dashboard/arrivals.js";
import { Best, Departments } from "./dashboard/best.js";
import { Demand } from "./dashboard/carts.js";
import { CHANGES } from "./dashboard/changes.js";
import { Charts } from "./dashboard/charts.js";
import { CurrencyChoice, PeriodChoice } from "./dashboard/choices.js";
import { Figures } from "./dashboard/figures.js";
import { Moment } from "./dashboard/moment.js";
import { PERIODS } from "./dashboard/periods.js";
import { Scarce } from "./dashboard/scarce.js";
import { SellerPage } from "./ways.js";
import { OfSeller } from "./whose.js";

/** @typedef {import("./dashboard/shapes.js").Dashboard} Dashboard */

/** The seller's figures as they move; an admin looks at any seller's. */
export function DashboardPage() {
  return html`<${SellerPage} title="Selling"><${OfSeller} what="figures">${(/** @type {{seller: string}} */ { seller }) => html`<${Watched} key=${seller} seller=${seller} />`}<//><//>`;
}

/** @param {{seller: string}} props */
function Watched({ seller }) {
  const { place } = useLive();
  const wanted = place.query.value.get("period");
  const period = PERIODS.some(([name]) => name === wanted) ? wanted : "24h";
  const currency = place.query.value.get("currency") ?? undefined;
  const watched = useWatch("seller:watch", { period, currency, seller_id: seller }, /** @type {Record<string, (known: any, payload: any) => any>} */ (CHANGES));
  return html`<${Answered} answer=${watched} rows=${8}>${(/** @type {Dashboard} */ data) => html`<${Shown} data=${data} period=${period} />`}<//>`;
}

/** @param {{data: Dashboard, period: string}} props `period` that was asked for: the figures may still be of another */
function Shown({ data, period }) {
  return html`
    <div class="seller-bar"><${PeriodChoice} period=${period} /><${CurrencyChoice} data=${data} /><${Moment} data=${data} /></div>
    <${Figures} data=${data} />
    <div class="seller-board" aria-busy=${data.period !== period}>
      <div class="seller-charts"><${Charts} data=${data} /><${Best} data=${data} /><${Departments} data=${data} /></div>
      <div class="seller-side"><${Arrivals} data=${data} /><${Demand} data=${data} /><${Scarce} data=${data} /></div>
    </div>
  `;
}
