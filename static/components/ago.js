import { html } from "htm/preact";
import { useEffect, useReducer } from "preact/hooks";
import { useLive } from "./live_context.js";

const OFTEN_MS = 20_000;
const STEPS = /** @type {const} */ ([["minute", 60], ["hour", 3_600], ["day", 86_400]]);
const WEEK = 7 * 86_400;

const near = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });
const far = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "short" });

/** How long ago something was, by the server's clock; the full date where one points at it. @param {{at: string}} props RFC 3339 */
export function Ago({ at }) {
  const { clock, connection } = useLive();
  const [, draw] = useReducer((/** @type {number} */ count) => count + 1, 0);
  void connection.state.value; // the clock is set with each connection
  useEffect(() => {
    const timer = setInterval(() => draw(0), OFTEN_MS);
    return () => clearInterval(timer);
  }, []);
  const time = new Date(at);
  return html`<time datetime=${at} title=${full.format(time)}>${agoInWords(Math.max(0, clock.now() - time.getTime()) / 1_000, time)}</time>`;
}

/** @param {number} seconds @param {Date} time */
function agoInWords(seconds, time) {
  if (seconds < 45) return "just now";
  if (seconds >= WEEK) return far.format(time);
  const [unit, size] = STEPS.findLast(([, least]) => seconds >= least) ?? STEPS[0];
  return near.format(-Math.max(1, Math.round(seconds / size)), unit);
}
