import { html } from "htm/preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useLive } from "../../../components/live_context.js";
import { orderOf, SHOWS } from "./asked.js";

const TYPING_MS = 300;

/** Which parts of orders are listed. @param {{asked: import("./asked.js").Asked}} props */
export function Filters({ asked }) {
  const { place } = useLive();
  const typing = useRef(/** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined));
  const [text, setText] = useState(asked.q);
  useEffect(() => setText(asked.q), [asked.q]);
  useEffect(() => () => clearTimeout(typing.current), []);
  const searched = (/** @type {Event} */ event) => {
    const q = /** @type {HTMLInputElement} */ (event.currentTarget).value;
    setText(q);
    clearTimeout(typing.current);
    typing.current = setTimeout(() => place.ask({ q }), TYPING_MS);
  };
  const day = (/** @type {"from" | "to"} */ name) => (/** @type {Event} */ event) => place.ask({ [name]: /** @type {HTMLInputElement} */ (event.currentTarget).value });
  return html`
    <div class="choices" role="group" aria-label="Which orders">
      ${SHOWS.map(([name, words]) => html`<button key=${name} type="button" class="chip" aria-pressed=${asked.show === name} onClick=${() => place.ask({ show: name === "ship" ? null : name, order: null })}>${words}</button>`)}
    </div>
    <form class="bar" role="search" onSubmit=${(/** @type {Event} */ event) => event.preventDefault()}>
      <div class="field"><label for="parts-q">Find</label>
        <input id="parts-q" type="search" name="q" placeholder="Order number or product" autocomplete="off" maxlength="200" value=${text} onInput=${searched} /></div>
      <div class="field"><label for="parts-from">From</label><input id="parts-from" type="date" name="from" value=${asked.from} max=${asked.to || null} onChange=${day("from")} /></div>
      <div class="field"><label for="parts-to">To</label><input id="parts-to" type="date" name="to" value=${asked.to} min=${asked.from || null} onChange=${day("to")} /></div>
      <div class="choices" role="group" aria-label="In which order">
        ${[["oldest", "Oldest first"], ["newest", "Newest first"]].map(([name, words]) => html`<button key=${name} type="button" class="chip" aria-pressed=${asked.order === name} onClick=${() => place.ask({ order: name === orderOf(asked.show) ? null : (name ?? null) })}>${words}</button>`)}
      </div>
      ${(asked.q || asked.from || asked.to) && html`<button type="button" class="button button-text" onClick=${() => place.ask({ q: null, from: null, to: null })}>Clear</button>`}
    </form>
  `;
}
