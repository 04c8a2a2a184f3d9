import { html } from "htm/preact";
import { money } from "../../../components/format.js";
import { Status } from "../../../components/status.js";

/** @typedef {import("./shapes.js").AdminOrder} AdminOrder */

/** An order's parts, one of each seller. @param {{order: AdminOrder, sellers: ReadonlyMap<string, string>}} props */
export function Parts({ order, sellers }) {
  const { product_list, fulfilments, currency, shipping, total_amount } = order;
  return html`
    ${fulfilments.map((part) => html`<section class="order-part" key=${part.seller_id} aria-label=${sellerName(sellers, part.seller_id)} data-seller=${part.seller_id}>
      <header class="part-head"><h3 class="order-seller">${sellerName(sellers, part.seller_id)}</h3><${Status} status=${part.status} /></header>
      <ul>${product_list.filter((line) => line.seller_id === part.seller_id).map((line) => html`<li class="fact" key=${line.product_id}>
        <span><span class="soft figures">${line.quantity} ×</span> ${line.name}${line.returned > 0 && html` <span class="soft small">${line.returned} came back</span>`}</span>
        <span class="figures">${money(line.line_total, currency)}</span>
      </li>`)}</ul>
      ${(part.carrier || part.note || part.claimed) && html`<p class="soft small">${[part.carrier, part.tracking_number, part.claimed && part.status === "shipped" && "a courier has it", part.note && `“${part.note}”`].filter(Boolean).join(" · ")}</p>`}
    </section>`)}
    <dl class="facts">
      ${shipping > 0 && html`<div class="fact"><dt class="soft">Shipping</dt><dd class="figures">${money(shipping, currency)}</dd></div>`}
      <div class="fact"><dt>Total</dt><dd class="figures"><strong>${money(total_amount, currency)}</strong></dd></div>
    </dl>`;
}

/** @param {ReadonlyMap<string, string>} sellers @param {string} id */
export function sellerName(sellers, id) {
  return sellers.get(id) ?? `Seller ${id.slice(-6)}`;
}
