import { html } from "htm/preact";
import { clockFace } from "../format.js";
import { useLive } from "../live_context.js";

const RADIUS = 26;
const AROUND = 2 * Math.PI * RADIUS;
const SOON = 60;

/** Whether the last minute of a hold runs. @param {number} seconds */
export function isSoon(seconds) {
  return seconds <= SOON;
}

/**
 * What is left of the hold: a ring that runs empty by the server's clock, the time in it. Warm in the last minute.
 *
 * @param {{seconds: number, small?: boolean}} props
 */
export function HoldRing({ seconds, small = false }) {
  const { shop } = useLive();
  const share = Math.min(1, seconds / Math.max(1, shop.facts.value.hold_seconds));
  return html`<span class=${small ? "ring ring-small" : "ring"} data-soon=${isSoon(seconds) ? "" : null}>
    <svg class="ring-picture" viewBox="0 0 60 60" aria-hidden="true" focusable="false">
      <circle class="ring-track" cx="30" cy="30" r=${RADIUS} />
      <circle class="ring-rest" cx="30" cy="30" r=${RADIUS} stroke-dasharray=${AROUND} stroke-dashoffset=${AROUND * (1 - share)} />
    </svg>
    <span class="hold-time figures" role="timer" aria-live="off" aria-label="Time left on your hold">${clockFace(seconds)}</span>
  </span>`;
}
