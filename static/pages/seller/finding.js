import { html } from "htm/preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Icon } from "../../components/icon.js";
import { useLive } from "../../components/live_context.js";

const PAUSE_MS = 250;
/** @type {[string, string][]} */
const STATES = [["", "All"], ["on_show", "On show"], ["hidden", "Hidden"], ["disabled", "Disabled"], ["low", "Low"], ["out", "Out of stock"]];

/** Finding among one's products: words as they are typed, and how products stand. The address keeps both. */
export function Finding() {
  const { place } = useLive();
  const state = place.query.value.get("state") ?? "";
  return html`<div class="own-finding">
    <${Search} />
    <div class="own-states-choice" role="group" aria-label="Show">
      ${STATES.map(([value, words]) => html`<button key=${value} type="button" class="chip" aria-pressed=${state === value}
        onClick=${() => place.ask({ state: value || null })}>${words}</button>`)}
    </div>
  </div>`;
}

function Search() {
  const { place } = useLive();
  const asked = place.query.value.get("q") ?? "";
  const [text, setText] = useState(asked);
  const timer = useRef(/** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined));
  const sent = useRef(asked);
  useEffect(() => () => clearTimeout(timer.current), []);
  useEffect(() => {
    if (asked === sent.current) return;
    sent.current = asked; // the way back, or a link
    setText(asked);
  }, [asked]);

  /** @param {InputEvent & {currentTarget: HTMLInputElement}} event */
  const type = ({ currentTarget }) => {
    setText(currentTarget.value);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      sent.current = currentTarget.value.trim();
      place.ask({ q: sent.current || null });
    }, PAUSE_MS);
  };
  return html`<div class="own-search">
    <${Icon} name="search" />
    <input type="search" name="q" aria-label="Find in your products" placeholder="Name, SKU, tag" maxlength="200" autocomplete="off" value=${text} onInput=${type} />
  </div>`;
}
