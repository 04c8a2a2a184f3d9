import { html } from "htm/preact";
import { useEffect, useRef } from "preact/hooks";

/** @typedef {import("preact").ComponentChildren} Children */

/** Where something is still to come: grey bars in its place. @param {{rows?: number, label?: string}} props */
export function Skeleton({ rows = 4, label = "Loading" }) {
  return html`<div class="skeleton" role="status">
    <span class="unseen">${label}</span>
    ${Array.from({ length: rows }, (_, index) => html`<span class="waiting skeleton-row" aria-hidden="true" key=${index}></span>`)}
  </div>`;
}

/** Where there is nothing yet: what would be here, and how it comes. @param {{title: string, children?: Children}} props */
export function Empty({ title, children }) {
  return html`<div class="note"><p class="note-title">${title}</p>${children}</div>`;
}

/** What could not be read, with a way to try again. @param {{problem: string, onRetry: () => void}} props */
export function Failed({ problem, onRetry }) {
  return html`<div class="note" role="alert">
    <p class="note-title">This could not be loaded.</p>
    <p>${sentence(problem)}</p>
    <button type="button" class="button button-quiet" onClick=${onRetry}>Try again</button>
  </div>`;
}

/** The server's own words come without capital and full stop. @param {string} words */
function sentence(words) {
  const text = words.charAt(0).toUpperCase() + words.slice(1);
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}

/**
 * What an answer (`useAnswer`, `usePages`) looks like in each of its states: `children` draws it once it is there.
 *
 * @param {{answer: {phase: string, data: any, problem: string, reload: () => void}, rows?: number,
 *   children: (data: any) => Children}} props
 */
export function Answered({ answer, rows, children }) {
  if (answer.data !== null) return children(answer.data);
  if (answer.phase === "failed") return html`<${Failed} problem=${answer.problem} onRetry=${answer.reload} />`;
  return html`<${Skeleton} rows=${rows} />`;
}

/**
 * The end of a list that has more: reads it when it comes into sight, or at a press.
 *
 * @param {{pages: {next: string | null, more: () => void, items: unknown[]}, what?: string}} props
 */
export function More({ pages, what = "more" }) {
  const { next, more, items } = pages;
  const end = useRef(/** @type {HTMLDivElement | null} */ (null));
  useEffect(() => {
    if (!end.current || !next) return undefined;
    const watcher = new IntersectionObserver(([seen]) => { if (seen?.isIntersecting) more(); }, { rootMargin: "600px" });
    watcher.observe(end.current);
    return () => watcher.disconnect();
  }, [next, more, items.length]);
  if (!next) return null;
  return html`<div class="more" ref=${end}><button type="button" class="button button-quiet" onClick=${more}>Show ${what}</button></div>`;
}
