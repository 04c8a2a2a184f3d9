import { html } from "htm/preact";
import { Trend } from "../../../components/trend.js";
import { bytes, counted, lasting } from "../words.js";
import { figuresOf, refusedLately } from "./history.js";

/** @typedef {import("./history.js").Moment} Moment */
/** @typedef {{key: string, part: "sockets" | "carts" | "orders" | "refusals" | "stream" | "processes" | "mail", name: string, say: (value: number) => string}} Figure */

const SHOWN = 150;

/** What moves by the second. @type {readonly Figure[]} */
export const FIGURES = [
  { key: "sockets", part: "sockets", name: "Open sockets", say: counted },
  { key: "filled", part: "carts", name: "Carts filled", say: counted },
  { key: "held", part: "carts", name: "Units held", say: counted },
  { key: "orders", part: "orders", name: "Orders a minute", say: counted },
  { key: "refused", part: "refusals", name: "Refused so far", say: counted },
  { key: "lag", part: "stream", name: "Stream lag", say: lasting },
  { key: "cpu", part: "processes", name: "Processor", say: (value) => `${Math.round(value)}%` },
  { key: "memory", part: "processes", name: "Memory", say: bytes },
  { key: "mails", part: "mail", name: "Mails waiting", say: counted },
];

/**
 * The figures, each with how it went; a press shows that large below.
 *
 * @param {{dashboard: import("./shapes.js").Dashboard, moments: Moment[], chosen: string, onChoose: (key: string) => void}} props
 */
export function Tiles({ dashboard, moments, chosen, onChoose }) {
  const now = figuresOf(dashboard);
  return html`<div class="tiles" role="group" aria-label="Figures of now: a press shows how one went">
    ${FIGURES.map(({ key, part, name, say }) => {
      const read = dashboard[part];
      const value = now[key] ?? null;
      return html`<button type="button" key=${key} class="tile" data-figure=${key} aria-pressed=${chosen === key} onClick=${() => onChoose(key)}>
        <span class="figure-name">${name}</span>
        <span class="tile-value figures" key=${value}>${value === null ? "–" : say(value)}</span>
        ${read.ok ? html`<${Trend} values=${moments.slice(-SHOWN).map(({ figures }) => figures[key] ?? null)} most=${key === "lag" ? 1 : 4} />` : html`<span class="tile-wrong">${read.reason}</span>`}
        ${key === "refused" && read.ok && html`<span class="tile-more figures">${refusedLately(moments) ?? 0} in the last minute</span>`}
      </button>`;
    })}
  </div>`;
}
