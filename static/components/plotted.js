import { html } from "htm/preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { optionsOf } from "./chart_plot.js";
import { said } from "./chart_axis.js";
import { useLive } from "./live_context.js";
import { useMedia } from "./media.js";
import { theme } from "./theme.js";

/**
 * @typedef {import("./chart.js").Series} Series
 * @typedef {{when: (seconds: number) => string, value: (value: number) => string, tick: (seconds: number) => string,
 *   short: (value: number) => string}} Words
 */

const GROWS_MS = 320;
const MOST_TRIES = 10;
const PAUSE_MS = 1_000;

/**
 * The drawing of a chart, with what is under the pointer in words. New figures go into the drawing that is there (they
 * grow to what they are, but for who wants no motion); another theme or kind draws it anew. uPlot is fetched for the first.
 *
 * @param {{kind: "bars" | "line" | "steps", at: number[], series: Series[], words: Words, height: number}} props
 */
export function Plotted({ kind, at, series, words, height }) {
  const { connection } = useLive();
  const box = useRef(/** @type {HTMLDivElement | null} */ (null));
  const plot = useRef(/** @type {import("uplot") | null} */ (null));
  const shown = useRef(/** @type {import("uplot").AlignedData} */ ([[]]));
  const latest = useRef(words);
  latest.current = words;
  const [point, setPoint] = useState(/** @type {number | null} */ (null));
  const dark = useMedia("(prefers-color-scheme: dark)");
  const calm = useMedia("(prefers-reduced-motion: reduce)");
  const tones = series.map(({ tone = "accent" }) => tone);
  const drawing = `${kind} ${tones.join()} ${height} ${theme.value} ${dark}`;
  const wanted = useRef(/** @type {import("uplot").AlignedData} */ ([[]]));
  wanted.current = [at, ...series.map((one) => one.values)];

  useEffect(() => {
    const element = /** @type {HTMLDivElement} */ (box.current);
    let over = false;
    void (async () => {
      const Plot = await fetched(connection, () => over);
      if (!Plot || over || !element.isConnected) return; // what was removed has no colours
      shown.current = wanted.current;
      const options = optionsOf(Plot, { element, kind, tones, height, words: latest, onPoint: setPoint });
      plot.current = new Plot(options, shown.current, element);
    })();
    const fit = new ResizeObserver(() => plot.current?.setSize({ width: Math.max(1, element.clientWidth), height }));
    fit.observe(element);
    return () => {
      over = true;
      fit.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
  }, [drawing, connection]);

  useEffect(() => {
    if (!plot.current) return undefined;
    return grown(plot.current, shown, wanted.current, calm);
  }, [at, series, calm]);

  return html`<div class="chart-box" style=${{ minHeight: `${height}px` }} aria-hidden="true">
    <div ref=${box}></div>
    ${point !== null && html`<${Readout} plot=${plot.current} at=${at} series=${series} point=${point} words=${words} />`}
  </div>`;
}

/**
 * The chart library; where it cannot be had the shop may be restarting, so it is asked for again once it is back.
 *
 * @param {import("../live/connection.js").Connection} connection
 * @param {() => boolean} over whether nobody waits for it any more
 */
async function fetched(connection, over) {
  for (let tries = 1; tries <= MOST_TRIES && !over(); tries += 1) {
    try {
      return (await import("uplot")).default;
    } catch {
      await new Promise((done) => { setTimeout(done, PAUSE_MS); });
      await connection.live();
    }
  }
  return null; // the table behind has the figures
}

/**
 * Bring a drawing from what it shows to what it should; returns what stops that.
 *
 * @param {import("uplot")} plot
 * @param {{current: import("uplot").AlignedData}} shown
 * @param {import("uplot").AlignedData} wanted
 * @param {boolean} calm
 */
function grown(plot, shown, wanted, calm) {
  const from = shown.current;
  const still = from[0].length === wanted[0].length && from[0][0] === wanted[0][0];
  if (still && same(from, wanted)) return undefined;
  /** @param {import("uplot").AlignedData} data */
  const show = (data) => {
    shown.current = data;
    plot.setData(data);
  };
  if (!still || calm || document.hidden) {
    show(wanted);
    return undefined;
  }
  const begun = performance.now();
  let frame = requestAnimationFrame(function step(now) {
    const part = Math.min(1, Math.max(0, (now - begun) / GROWS_MS));
    show(part === 1 ? wanted : between(from, wanted, 1 - (1 - part) ** 3));
    if (part < 1) frame = requestAnimationFrame(step);
  });
  return () => cancelAnimationFrame(frame);
}

/** @param {import("uplot").AlignedData} from @param {import("uplot").AlignedData} to */
function same(from, to) {
  return from.length === to.length && from.every((values, row) => values.length === to[row]?.length && Array.from(values).every((one, index) => one === to[row]?.[index]));
}

/** @param {import("uplot").AlignedData} from @param {import("uplot").AlignedData} to @param {number} part @returns {import("uplot").AlignedData} */
function between(from, to, part) {
  const [times, ...rows] = to;
  return [times, ...rows.map((values, row) => Array.from(values).map((one, index) => {
    const before = from[row + 1]?.[index];
    return typeof one === "number" && typeof before === "number" ? before + (one - before) * part : one;
  }))];
}

/** @param {{plot: import("uplot") | null, at: number[], series: Series[], point: number, words: Words}} props */
function Readout({ plot, at, series, point, words }) {
  const time = at[point];
  if (!plot || time === undefined) return null;
  const left = plot.valToPos(time, "x") + plot.bbox.left / devicePixelRatio;
  const far = left > plot.width / 2;
  return html`<div class="chart-readout" data-far=${far ? "" : null} style=${{ left: `${left}px` }}>
    <p class="chart-readout-time">${words.when(time)}</p>
    ${series.map(({ label, values, text = words.value, tone = "accent" }) => html`<p key=${label} class="chart-readout-value" data-tone=${tone}>
      <span>${label}</span> <strong class="figures">${said(values[point], text)}</strong>
    </p>`)}
  </div>`;
}
