import { named, roomFor, stepOf, widest } from "./chart_axis.js";

/**
 * @typedef {"bars" | "line" | "steps"} Kind
 * @typedef {"accent" | "in" | "low" | "ink"} Tone
 *
 * @typedef {{tick: (seconds: number) => string, short: (value: number) => string}} Words how the axes say a time and a
 *   value; asked for whenever the chart is drawn, so they may change
 */

const SIZE_OF_WORDS = 12;
const ROOM_ABOVE = 1.12;
const WHOLE = [1, 2, 5].flatMap((first) => Array.from({ length: 13 }, (_, power) => first * 10 ** power)).sort((one, other) => one - other);
const FRACTIONS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, ...WHOLE];

/**
 * What uPlot needs to draw a chart in this house's manner.
 *
 * @param {typeof import("uplot")} Plot
 * @param {{element: HTMLElement, kind: Kind, tones: Tone[], height: number, words: {current: Words},
 *   onPoint: (index: number | null) => void}} what
 * @returns {import("uplot").Options}
 */
export function optionsOf(Plot, { element, kind, tones, height, words, onPoint }) {
  const colour = colours(element);
  const font = `${SIZE_OF_WORDS}px ${getComputedStyle(element).fontFamily}`;
  const axis = { stroke: colour("words"), font, ticks: { show: false } };
  const grid = { stroke: colour("grid"), width: 1 };
  return {
    width: Math.max(1, element.clientWidth),
    height,
    padding: [8, 22, 0, 0], // on the right half a word
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, y: false, points: kind === "bars" ? { show: false } : { size: 9 } },
    scales: {
      x: { range: (plot) => rangeOf(plot, kind) },
      y: { range: (_plot, low, high) => [Math.min(0, low ?? 0), high > 0 ? high * ROOM_ABOVE : 1] },
    },
    axes: [
      { ...axis, grid: { show: false }, gap: 8, size: 32, ...timeAxis(font, words) },
      {
        ...axis,
        grid,
        gap: 8,
        space: 44,
        size: (plot, said) => (said ? widest(plot, font, said.map(String)) + 18 : 48),
        incrs: /** @type {any} */ ((/** @type {import("uplot")} */ plot) => (onlyWhole(plot) ? WHOLE : FRACTIONS)),
        // Where nothing was there is no scale: one that goes up to a cent would name it nothing, too.
        values: (plot, values) => values.map((one) => (one === 0 || hasAny(plot) ? words.current.short(one) : "")),
      },
    ],
    series: [{}, ...tones.map((tone) => seriesOf(Plot, kind, colour(tone)))],
    hooks: { setCursor: [(plot) => onPoint(plot.cursor.idx ?? null)] },
  };
}

/** @param {import("uplot")} plot */
function onlyWhole(plot) {
  return plot.data.slice(1).every((values) => Array.from(values).every((one) => one === null || one === undefined || Number.isInteger(one)));
}

/** @param {import("uplot")} plot */
function hasAny(plot) {
  return plot.data.slice(1).some((values) => Array.from(values).some((one) => typeof one === "number" && one !== 0));
}

/** From the first time to the last; with room for half a bar at either end, or about a single time. @param {import("uplot")} plot @param {Kind} kind @returns {[number, number]} */
function rangeOf(plot, kind) {
  const times = /** @type {number[]} */ (plot.data[0]);
  const [low, high] = [times[0] ?? 0, times.at(-1) ?? 0];
  const step = times.length > 1 ? (high - low) / (times.length - 1) : 3_600;
  const room = kind === "bars" || times.length === 1 ? step / 2 : 0;
  return [low - room, high + room];
}

/**
 * The axis of time: as many words as fit, at the points themselves where those are evenly spaced.
 *
 * @param {string} font
 * @param {{current: Words}} words
 * @returns {Partial<import("uplot").Axis>}
 */
function timeAxis(font, words) {
  /** @param {import("uplot")} plot */
  const width = (plot) => {
    const times = /** @type {number[]} */ (plot.data[0]);
    return widest(plot, font, [times[0] ?? 0, times[Math.floor(times.length / 2)] ?? 0, times.at(-1) ?? 0].map((one) => words.current.tick(one)));
  };
  return {
    space: (plot) => width(plot) + 20,
    splits: /** @type {any} */ ((/** @type {import("uplot")} */ plot, /** @type {number} */ _axis, /** @type {number} */ low, /** @type {number} */ high, /** @type {number} */ increment) => {
      const times = /** @type {number[]} */ (plot.data[0]);
      const step = stepOf(times);
      const most = roomFor(plot.bbox.width / devicePixelRatio, width(plot));
      return step ? named(times, step, most) : evenly(low, high, increment);
    }),
    values: (_plot, times) => {
      const said = times.map((one) => words.current.tick(one));
      return said.map((one, index) => (index > 0 && one === said[index - 1] ? "" : one)); // a day is named once
    },
  };
}

/** @param {number} low @param {number} high @param {number} increment seconds */
function evenly(low, high, increment) {
  const offset = new Date(low * 1_000).getTimezoneOffset() * 60;
  const found = [];
  for (let time = Math.ceil((low - offset) / increment) * increment + offset; time <= high; time += increment) found.push(time);
  return found;
}

/** @param {typeof import("uplot")} Plot @param {Kind} kind @param {string} colour @returns {import("uplot").Series} */
function seriesOf(Plot, kind, colour) {
  /** @type {import("uplot").Series.Points} */
  const points = { show: (plot) => kind !== "bars" && plot.data[0].length === 1, size: 9, fill: colour }; // no line has one end
  if (kind === "bars") return { stroke: colour, fill: colour, width: 0, points, paths: Plot.paths.bars?.({ size: [0.72, 40], radius: [0.25, 0] }) };
  const paths = kind === "steps" ? Plot.paths.stepped?.({ align: 1 }) : Plot.paths.spline?.();
  return { stroke: colour, width: 2, points, paths, fill: (plot) => shade(plot, colour) };
}

/** From the colour to nothing, downwards. @param {import("uplot")} plot @param {string} colour */
function shade(plot, colour) {
  const { top, height } = plot.bbox;
  const found = plot.ctx.createLinearGradient(0, top, 0, top + height);
  found.addColorStop(0, faint(colour, 0.26));
  found.addColorStop(1, faint(colour, 0.02));
  return found;
}

/** @param {string} colour as computed styles write it @param {number} part */
function faint(colour, part) {
  return colour.replace(/^rgb\(([^)]*)\)$/, `rgba($1, ${part})`);
}

/** What the tokens come to here and now: a canvas knows neither variables nor light-dark(). @param {HTMLElement} element */
function colours(element) {
  const probe = document.createElement("span");
  return (/** @type {string} */ name) => {
    element.append(probe);
    probe.style.color = `var(--chart-${name})`;
    const found = getComputedStyle(probe).color;
    probe.remove();
    return found;
  };
}
