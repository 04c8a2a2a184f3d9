import { html } from "htm/preact";
import { useRef } from "preact/hooks";
import { useComputed } from "@preact/signals";
import { Icon } from "./icon.js";
import { useLive } from "./live_context.js";

/**
 * How many of a product are in the cart: one "add" button until there is one, then less and more. The "more" button is
 * the "add" button grown small, so the keyboard's focus stays on it.
 *
 * @param {{id: string, name: string, most: number, grows?: boolean}} props `most` that may be in the cart now;
 *   `grows`: begin as a wide "Add to cart"
 */
export function Stepper({ id, name, most, grows = false }) {
  const { claims, connection } = useLive();
  const more = useRef(/** @type {HTMLButtonElement | null} */ (null));
  // Computed, so that a change elsewhere in the cart does not redraw every card.
  const quantity = useComputed(() => claims.quantity(id)).value;
  const busy = useComputed(() => claims.wishes.value.has(id)).value;
  const away = useComputed(() => connection.state.value === "reconnecting" || connection.state.value === "offline").value;
  const full = quantity >= useRoom(most, busy);
  const words = away ? "Waiting for the shop…" : full ? "Not available" : "Add to cart";

  const less = () => {
    if (away) return;
    if (quantity === 1) more.current?.focus();
    claims.change(id, -1);
  };
  const add = () => {
    if (!full && !away) claims.change(id, 1);
  };

  return html`<div class="stepper" data-empty=${quantity === 0 ? "" : null} data-busy=${busy ? "" : null}>
    ${quantity > 0 && html`
      <button key="less" type="button" class="step" onClick=${less} aria-disabled=${away} aria-label=${`One ${name} less`}><${Icon} name="minus" /></button>
      <output key="count" class="step-count figures" aria-label=${`${quantity} in your cart`} aria-live="off">${quantity}</output>
    `}
    <button
      key="more"
      ref=${more}
      type="button"
      class=${quantity === 0 && grows ? "button button-quiet step-add" : "step"}
      onClick=${add}
      aria-disabled=${full || away}
      aria-label=${quantity === 0 ? `${words}: ${name}` : `One ${name} more`}
    >
      ${quantity === 0 && grows ? words : html`<${Icon} name="plus" />`}
    </button>
  </div>`;
}

/**
 * How many may be in the cart, as the last settled state told it. While a change is on its way its stock change and its
 * answer cross: a unit that has left the shelf and is not in the cart yet is missing from the sum, and a press would be
 * lost to it. The server has the last word.
 *
 * @param {number} most as the shelf and the cart add up now
 * @param {boolean} busy whether a change is on its way
 */
function useRoom(most, busy) {
  const settled = useRef(most);
  if (!busy) settled.current = most;
  return Math.max(settled.current, most);
}
