import { html } from "htm/preact";
import { Icon } from "../../../components/icon.js";

/**
 * One part of the overview, which stands for itself: what cannot be read says why, in its place.
 *
 * @template {{ok: true}} P
 * @param {{title: string, part: P | import("./shapes.js").Unread, wide?: boolean, children: (part: P) => import("preact").ComponentChildren}} props
 */
export function Part({ title, part, wide = false, children }) {
  return html`<section class=${wide ? "panel part part-wide" : "panel part"} aria-label=${title}>
    <h2 class="panel-title">${title}</h2>
    ${part.ok ? children(part) : html`<${Unread} reason=${part.reason} />`}
  </section>`;
}

/** @param {{reason: string}} props */
export function Unread({ reason }) {
  return html`<p class="unread"><${Icon} name="warning" /><span>This cannot be read now: ${reason}. It comes back by itself.</span></p>`;
}
