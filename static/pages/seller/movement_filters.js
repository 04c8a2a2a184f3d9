import { html } from "htm/preact";
import { Select } from "../../components/field.js";
import { useLive } from "../../components/live_context.js";
import { MOVES } from "./words.js";

const NAMES = ["kind", "from", "to", "by"];
const DAY_MS = 86_400_000;

/**
 * What the address says of the movements to list, as the server is asked for it. Days are the reader's own.
 *
 * @param {URLSearchParams} query
 * @param {string | undefined} me
 */
export function askedOf(query, me) {
  const asked = new URLSearchParams();
  const kind = query.get("kind"), from = midnight(query.get("from")), to = midnight(query.get("to")), by = query.get("by");
  if (kind && kind in MOVES) asked.set("change_type", kind);
  if (from !== null) asked.set("from", new Date(from).toISOString());
  if (to !== null) asked.set("to", new Date(new Date(to + DAY_MS * 1.5).setHours(0, 0, 0, 0)).toISOString()); // that day, too, be it of 23 or 25 hours
  if (by === "me" && me) asked.set("actor", `u:${me}`);
  return asked;
}

/** @param {string | null} day */
function midnight(day) {
  const at = day ? new Date(`${day}T00:00:00`).getTime() : NaN;
  return Number.isNaN(at) ? null : at;
}

/** @param {URLSearchParams} query */
export function isFiltered(query) {
  return NAMES.some((name) => query.has(name));
}

/** Which movements: of a kind, in a period, by whom. @param {{kinds: string[], children?: import("preact").ComponentChildren}} props */
export function MovementFilters({ kinds, children }) {
  const { place } = useLive();
  const query = place.query.value;
  return html`<div class="bar">
    <${Select} label="What" name="kind" value=${query.get("kind") ?? ""} choices=${[["", "Everything"], ...kinds.map((kind) => [kind, MOVES[kind]])]} onChoose=${(/** @type {string} */ kind) => place.ask({ kind })} />
    <${Day} label="From" name="from" />
    <${Day} label="To" name="to" />
    <${Select} label="Who" name="by" value=${query.get("by") ?? ""} choices=${[["", "Anyone"], ["me", "You"]]} onChoose=${(/** @type {string} */ by) => place.ask({ by })} />
    ${isFiltered(query) && html`<button type="button" class="button button-text" onClick=${() => place.ask(Object.fromEntries(NAMES.map((name) => [name, null])))}>Show everything</button>`}
    ${children}
  </div>`;
}

/** @param {{label: string, name: string}} props */
function Day({ label, name }) {
  const { place } = useLive();
  const id = `day-${name}`;
  return html`<div class="field">
    <label for=${id}>${label}</label>
    <input id=${id} type="date" value=${place.query.value.get(name) ?? ""} onChange=${(/** @type {any} */ event) => place.ask({ [name]: event.currentTarget.value || null })} />
  </div>`;
}
