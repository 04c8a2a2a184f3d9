import { html } from "htm/preact";
import { Icon } from "../icon.js";
import { Status } from "../status.js";

/**
 * The parts of an order, one per seller: what is in each, where it is, and how to follow it.
 *
 * @param {{order: import("../../live/types.js").Order, acts?: (part: import("../../live/types.js").Fulfilment) => import("preact").ComponentChildren}} props
 *   `acts`: what can be done with a part
 */
export function Parcels({ order, acts }) {
  const several = order.fulfilments.length > 1;
  return html`<ul class="parcels">
    ${order.fulfilments.map((part, index) => html`<li class="parcel" key=${part.seller_id} data-status=${part.status}>
      <div class="parcel-head"><span class="parcel-icon"><${Icon} name=${part.status === "placed" || part.status === "pending" ? "box" : "truck"} /></span>
        <p class="parcel-name">${several ? `Parcel ${index + 1} of ${order.fulfilments.length}` : "Your parcel"}</p><${Status} status=${part.status} /></div>
      ${several && html`<p class="soft small">${namesOf(order, part.seller_id).join(", ")}</p>`}
      ${part.tracking_number && html`<p class="parcel-track small">${part.carrier && html`<span>${part.carrier}</span>`} <strong class="figures">${part.tracking_number}</strong></p>`}
      ${part.note && html`<p class="small">Note: ${part.note}</p>`}
      ${acts?.(part)}
    </li>`)}
  </ul>`;
}

/** @param {import("../../live/types.js").Order} order @param {string} seller */
export function namesOf(order, seller) {
  return order.product_list.filter((line) => line.seller_id === seller).map((line) => line.name);
}
