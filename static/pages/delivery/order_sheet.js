import { html } from "htm/preact";
import { Icon } from "../../components/icon.js";
import { Sheet } from "../../components/sheet.js";
import { HandOver } from "./hand_over.js";
import { Parcels } from "./parcels.js";
import { Where } from "./where.js";
import { whereTo } from "./worklist.js";

/** @typedef {import("./worklist.js").DeliveryOrder} DeliveryOrder */

/**
 * One order whole, with what can be done at the bottom edge, where a thumb reaches.
 *
 * @param {{order: DeliveryOrder, whose: "nobody" | "me" | "gone", step: "look" | "hand over", busy: boolean,
 *   onStep: (step: "look" | "hand over") => void, onClose: () => void, onTake: () => void, onLeave: () => void,
 *   onHandOver: (sellers: string[], note: string) => void}} props `whose`: "gone" where it left the list while it is looked at
 */
export function OrderSheet({ order, whose, step, busy, onStep, onClose, onTake, onLeave, onHandOver }) {
  return html`<${Sheet} label=${`Order for ${whereTo(order)}`} side onClose=${onClose}>
    <header class="brief-head">
      <div class="brief-words">
        <h2 class="brief-name">${order.address?.name ?? "Address not to be read now"}</h2>
        <p class="soft small figures">Order ${order.id.slice(-8).toUpperCase()}</p>
      </div>
      <button type="button" class="icon-button" onClick=${onClose} aria-label="Close"><${Icon} name="cross" /></button>
    </header>
    ${step === "hand over" && whose === "me"
      ? html`<${HandOver} order=${order} busy=${busy} onBack=${() => onStep("look")} onSure=${onHandOver} />`
      : html`
        <div class="brief-body">
          ${order.address && html`<${Where} address=${order.address} />`}
          <${Parcels} parts=${order.parts} />
        </div>
        <footer class="brief-foot">${acts()}</footer>`}
  <//>`;

  function acts() {
    if (whose === "gone") return html`<p class="brief-gone" role="status">This is not on your lists any more.</p><button type="button" class="button button-main" onClick=${onClose}>Back to the list</button>`;
    if (whose === "nobody") return html`<button type="button" class="button button-main" aria-disabled=${busy} onClick=${onTake}>I bring it</button>`;
    return html`
      <button type="button" class="button button-text" aria-disabled=${busy} onClick=${onLeave}>Leave it to others</button>
      <button type="button" class="button button-main" onClick=${() => onStep("hand over")}>Delivered…</button>`;
  }
}
