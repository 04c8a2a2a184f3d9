import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";
import { Field } from "../../components/field.js";
import { parcelName } from "./parcels.js";

const SLIP_MS = 450; // a second tap of the same thumb comes sooner than a decision

/**
 * Asks once more before an order counts as delivered, for that cannot be taken back: which parcels, and where they were
 * left. The button takes no press at first, so that a double tap does nothing.
 *
 * @param {{order: import("./worklist.js").DeliveryOrder, busy: boolean, onBack: () => void,
 *   onSure: (sellers: string[], note: string) => void}} props
 */
export function HandOver({ order, busy, onBack, onSure }) {
  const [ready, setReady] = useState(false);
  const [kept, setKept] = useState(/** @type {ReadonlySet<string>} */ (new Set())); // what is not handed over
  useEffect(() => {
    const timer = setTimeout(() => setReady(true), SLIP_MS);
    return () => clearTimeout(timer);
  }, []);
  const sellers = order.parts.map((part) => part.seller_id).filter((id) => !kept.has(id));
  const able = ready && !busy && sellers.length > 0;

  /** @param {SubmitEvent} event */
  const sure = (event) => {
    event.preventDefault();
    const note = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget)).get("note");
    if (able) onSure(sellers, String(note ?? "").trim());
  };
  return html`<form class="brief-form" onSubmit=${sure}>
    <div class="brief-body">
      <p class="brief-ask">Handed over? The buyer is told at once, and it cannot be taken back.</p>
      ${order.parts.length > 1 && html`<fieldset class="brief-parts"><legend>Which parcels</legend>
        ${order.parts.map((part, index) => html`<label class="choice brief-part" key=${part.seller_id}>
          <input type="checkbox" checked=${!kept.has(part.seller_id)} onChange=${() => setKept(turned(kept, part.seller_id))} />
          <span>${parcelName(order.parts, index)}: ${part.product_list.map((line) => line.name).join(", ")}</span>
        </label>`)}
      </fieldset>`}
      <${Field} label="Where you left it" name="note" optional most=${500} hint="The buyer reads this." />
    </div>
    <footer class="brief-foot">
      <button type="button" class="button button-text" onClick=${onBack}>Not yet</button>
      <button type="submit" class="button button-main" aria-disabled=${!able}>${busy ? "Sending…" : "Yes, delivered"}</button>
    </footer>
  </form>`;
}

/** @param {ReadonlySet<string>} some @param {string} one */
function turned(some, one) {
  const next = new Set(some);
  if (!next.delete(one)) next.add(one);
  return next;
}
