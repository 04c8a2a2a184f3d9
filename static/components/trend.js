import { html } from "htm/preact";

const WIDTH = 100;
const HEIGHT = 28;

/**
 * How a figure went lately, as a small line beside the figure itself; hidden from screen readers, which have the figure.
 *
 * @param {{values: (number | null)[], most?: number}} props oldest first; `most`: what fills the height, else the highest of them
 */
export function Trend({ values, most }) {
  const known = /** @type {number[]} */ (values.filter((value) => value !== null));
  const high = Math.max(most ?? 0, ...known);
  const step = values.length > 1 ? WIDTH / (values.length - 1) : 0;
  const from = values.findIndex((value) => value !== null) * step; // what began later begins later in the picture, too
  const points = values.flatMap((value, index) => (value === null ? [] : [`${(index * step).toFixed(1)},${heightOf(value, high)}`]));
  return html`<svg class="trend" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" aria-hidden="true" focusable="false">
    ${points.length > 1 && html`<polygon class="trend-area" points=${`${from.toFixed(1)},${HEIGHT} ${points.join(" ")} ${WIDTH},${HEIGHT}`} /><polyline class="trend-line" points=${points.join(" ")} />`}
  </svg>`;
}

/** @param {number} value @param {number} high */
function heightOf(value, high) {
  return (HEIGHT - 2 - (high > 0 ? value / high : 0) * (HEIGHT - 4)).toFixed(1);
}
