import { html } from "htm/preact";
import { Icon } from "../../components/icon.js";

const MOST_ALT = 300;

/**
 * One picture among others: what it shows in words, its place in the order (by drag or by buttons), and away with it.
 *
 * @param {{name: string, alt: string, at: number, of: number, src: string, busy?: boolean, problem?: string, onAlt: (alt: string) => void,
 *   onMove?: (to: number) => void, onDrag?: () => void, onDropHere?: () => void, children?: import("preact").ComponentChildren}} props
 *   `name`: what it goes by for screen readers; `at`: its place, from 0
 */
export function PictureCard({ name, alt, at, of, src, busy = false, problem, onAlt, onMove, onDrag, onDropHere, children }) {
  /** @param {DragEvent} event */
  const begin = (event) => {
    event.dataTransfer?.setData("text/plain", String(at));
    onDrag?.();
  };
  /** @param {DragEvent} event */
  const over = (event) => {
    if (onDropHere && !event.dataTransfer?.types.includes("Files")) event.preventDefault();
  };
  /** @param {DragEvent} event */
  const drop = (event) => {
    if (!onDropHere || event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    onDropHere();
  };
  return html`<li class="shot" data-busy=${busy ? "" : null} draggable=${Boolean(onMove)} onDragStart=${begin} onDragOver=${over} onDrop=${drop}>
    <span class="shot-picture">
      ${src ? html`<img class="picture" src=${src} alt=${alt || name} draggable=${false} />` : html`<span class="shot-none">No preview</span>`}
      ${at === 0 && of > 1 && html`<span class="tag shot-first" data-tone="held">First in lists</span>`}
    </span>
    <input type="text" maxlength=${MOST_ALT} value=${alt} placeholder="What does it show?" aria-label=${`${name} in words`}
      onChange=${(/** @type {any} */ event) => onAlt(event.currentTarget.value.trim())} />
    ${problem && html`<p class="field-problem" role="alert">${problem}</p>`}
    <span class="shot-acts">
      ${onMove && of > 1 && html`
        <${Step} name=${name} way="earlier" off=${at === 0} act=${() => onMove(at - 1)} />
        <${Step} name=${name} way="later" off=${at === of - 1} act=${() => onMove(at + 1)} />`}
      ${children}
    </span>
  </li>`;
}

/** @param {{name: string, way: "earlier" | "later", off: boolean, act: () => void}} props it stays where it is when it is of no use, so that the focus does */
function Step({ name, way, off, act }) {
  return html`<button type="button" class="icon-button shot-step" data-way=${way} aria-disabled=${off} aria-label=${`Move ${name} ${way}`} title=${`Move ${way}`}
    onClick=${() => { if (!off) act(); }}><${Icon} name="next" /></button>`;
}
