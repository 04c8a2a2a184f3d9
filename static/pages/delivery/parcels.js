import { html } from "htm/preact";

/** @typedef {import("./worklist.js").CarriedPart} CarriedPart */

/** The parts of an order, each with what is in it and what its seller wrote. @param {{parts: CarriedPart[]}} props */
export function Parcels({ parts }) {
  return html`<ul class="parcels">
    ${parts.map((part, index) => html`<li class="parcel" key=${part.seller_id}>
      <h3 class="parcel-title">${parcelName(parts, index)}</h3>
      <ul class="parcel-lines">${part.product_list.map((line) => html`<li key=${line.product_id}><span class="figures parcel-count">${line.quantity} ×</span> ${line.name}</li>`)}</ul>
      ${part.carrier && html`<p class="soft small">${part.carrier}${part.tracking_number && html` <span class="figures parcel-number">${part.tracking_number}</span>`}</p>`}
      ${part.note && html`<p class="parcel-note">${part.note}</p>`}
    </li>`)}
  </ul>`;
}

/** @param {CarriedPart[]} parts @param {number} index */
export function parcelName(parts, index) {
  return parts.length > 1 ? `Parcel ${index + 1} of ${parts.length}` : "Parcel";
}
