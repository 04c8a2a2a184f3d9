import { html } from "htm/preact";
import { useMemo } from "preact/hooks";
import { Chart } from "../../components/chart.js";
import { useLive } from "../../components/live_context.js";
import { Answered } from "../../components/states.js";
import { SPANS, useMovements } from "./movements.js";
import { useLevel } from "./product_state.js";
import { seriesOf } from "./stock_series.js";
import { sayWhen } from "./words.js";

/**
 * A product's stock over time; the address says since when.
 *
 * @param {{product: import("./types.js").Own}} props
 */
export function StockChart({ product }) {
  const { place } = useLive();
  const asked = place.query.value.get("span") ?? "week";
  const span = asked in SPANS ? asked : "week";
  const movements = useMovements(product.id, SPANS[span]?.[1] ?? null);
  return html`<section class="panel" aria-labelledby="over-time">
    <div class="panel-head">
      <h2 id="over-time" class="panel-title">Over time</h2>
      <div class="own-states-choice" role="group" aria-label="Since when">
        ${Object.entries(SPANS).map(([value, [words]]) => html`<button key=${value} type="button" class="chip" aria-pressed=${span === value} onClick=${() => place.ask({ span: value === "week" ? null : value })}>${words}</button>`)}
      </div>
    </div>
    <${Answered} answer=${movements} rows=${4}>${(/** @type {any} */ data) => html`<${Drawn} product=${product} data=${data} />`}<//>
  </section>`;
}

/** @param {{product: import("./types.js").Own, data: {rows: import("./types.js").Movement[], cut: boolean, since: number | null}}} props */
function Drawn({ product, data }) {
  const { clock } = useLive();
  const level = useLevel(product);
  const { at, series } = useMemo(() => {
    const drawn = seriesOf(data.rows, data.cut ? null : data.since, level, clock.now());
    return {
      at: drawn.at,
      series: [
        { label: "On hand", values: drawn.stock, tone: /** @type {const} */ ("ink") },
        { label: "Available", values: drawn.available, tone: /** @type {const} */ ("in") },
        { label: "Held in carts", values: drawn.held, tone: /** @type {const} */ ("accent") },
      ],
    };
  }, [data, level.version, clock]);
  const [oldest] = data.rows;
  return html`
    ${data.rows.length === 0 && html`<p class="soft">Nothing moved in this time. The line shows what is there now.</p>`}
    ${data.cut && oldest && html`<p class="soft small">Much has moved: these are the last ${data.rows.length} movements, since ${sayWhen(oldest.timestamp)}. The file has all.</p>`}
    <${Chart} title="On hand, available and held" kind="steps" at=${at} series=${series} height=${280} />
  `;
}
