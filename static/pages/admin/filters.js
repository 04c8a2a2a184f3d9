import { html } from "htm/preact";
import { useEffect, useRef } from "preact/hooks";
import { Select } from "../../components/field.js";
import { useLive } from "../../components/live_context.js";

const SETTLES_MS = 250;
const A_DAY = /^\d{4}-\d{2}-\d{2}$/;

/** @typedef {import("preact").ComponentChildren} Children */

/**
 * What a list is narrowed by, kept in the address, so that it can be sent to somebody and is there on the way back.
 * `path` is the server's list with these filters.
 *
 * @param {string} list the server's path
 * @param {string[]} names of filters, the same there and in the address
 */
export function useFilters(list, names) {
  const { place } = useLive();
  const query = place.query.value;
  const chosen = Object.fromEntries(names.map((name) => [name, query.get(name) ?? ""]));
  const asked = new URLSearchParams();
  for (const name of names) {
    const value = forServer(name, chosen[name] ?? "");
    if (value) asked.set(name, value);
  }
  const text = asked.toString();
  return {
    chosen,
    any: text !== "",
    query: text,
    path: text ? `${list}?${text}` : list,
    choose: (/** @type {string} */ name, /** @type {string} */ value) => place.ask({ [name]: value || null }),
    clear: () => place.ask(Object.fromEntries(names.map((name) => [name, null]))),
  };
}

/** Days of the address are days of the reader: from the first moment of one to the last of the other. @param {string} name @param {string} value */
function forServer(name, value) {
  if (!A_DAY.test(value) || (name !== "from" && name !== "to")) return value;
  const day = new Date(`${value}T00:00:00`);
  if (Number.isNaN(day.getTime())) return "";
  if (name === "to") day.setDate(day.getDate() + 1);
  return day.toISOString();
}

/** @typedef {ReturnType<typeof useFilters>} Filters */

/** The filters in a row, with a way to take them all away. @param {{filters: Filters, children?: Children}} props */
export function FilterBar({ filters, children }) {
  return html`<search class="bar filters">
    ${children}
    ${filters.any && html`<button type="button" class="button button-text" onClick=${filters.clear}>Show all</button>`}
  </search>`;
}

/** Words to look for; the list follows what is typed. @param {{filters: Filters, name: string, label: string, hint?: string}} props */
export function Words({ filters, name, label, hint }) {
  const timer = useRef(/** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined));
  const box = useRef(/** @type {HTMLInputElement | null} */ (null));
  const value = filters.chosen[name] ?? "";
  useEffect(() => () => clearTimeout(timer.current), []);
  useEffect(() => {
    if (box.current && box.current !== document.activeElement) box.current.value = value; // changed elsewhere: the way back, "Show all"
  }, [value]);
  const typed = () => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => filters.choose(name, box.current?.value.trim() ?? ""), SETTLES_MS);
  };
  const id = `filter-${name}`;
  return html`<div class="field">
    <label for=${id}>${label}</label>
    <input id=${id} ref=${box} type="search" maxlength="200" autocomplete="off" defaultValue=${value} placeholder=${hint} onInput=${typed} />
  </div>`;
}

/** One of several. @param {{filters: Filters, name: string, label: string, choices: [string, string][], all?: string}} props */
export function Choice({ filters, name, label, choices, all = "All" }) {
  return html`<${Select} label=${label} name=${`filter-${name}`} choices=${[["", all], ...choices]} value=${filters.chosen[name]}
    onChoose=${(/** @type {string} */ value) => filters.choose(name, value)} />`;
}

/** A day. @param {{filters: Filters, name: "from" | "to", label: string}} props */
export function Day({ filters, name, label }) {
  const id = `filter-${name}`;
  return html`<div class="field">
    <label for=${id}>${label}</label>
    <input id=${id} type="date" value=${filters.chosen[name]} onChange=${(/** @type {Event} */ event) => filters.choose(name, /** @type {HTMLInputElement} */ (event.currentTarget).value)} />
  </div>`;
}
