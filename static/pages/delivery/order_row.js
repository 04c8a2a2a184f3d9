import { html } from "htm/preact";
import { plural } from "../../components/format.js";
import { Icon } from "../../components/icon.js";
import { Tag } from "../../components/status.js";
import { loadOf, whereTo } from "./worklist.js";

/**
 * An order in the list: a press shows it whole; the button beside does what it most often comes to.
 *
 * @param {{order: import("./worklist.js").DeliveryOrder, act: string, name: string, fresh?: boolean, busy?: boolean,
 *   onOpen: () => void, onAct: () => void}} props `act`: on the button; `name`: what it goes by for screen readers
 */
export function OrderRow({ order, act, name, fresh = false, busy = false, onOpen, onAct }) {
  const { address } = order;
  const { parcels, pieces } = loadOf(order);
  return html`<li class="bring" data-order=${order.id} data-fresh=${fresh ? "" : null}>
    <button type="button" class="bring-open" onClick=${onOpen}>
      <span class="unseen">Look at ${whereTo(order)}</span>
      <span class="bring-name" aria-hidden="true">${address?.name ?? "Address not to be read now"}${fresh && html` <${Tag} tone="held">New<//>`}</span>
      ${address && html`<span class="bring-street" aria-hidden="true">${address.line1}</span><span class="bring-city" aria-hidden="true">${address.postal_code} ${address.city}</span>`}
      <span class="bring-load figures" aria-hidden="true"><${Icon} name="box" />${plural(parcels, "parcel")}, ${plural(pieces, "piece")}</span>
    </button>
    <button type="button" class="button button-quiet bring-act" aria-disabled=${busy} aria-label=${name} onClick=${onAct}>${act}</button>
  </li>`;
}
