import { html } from "htm/preact";
import { countryName } from "../../components/countries.js";
import { Confirmed } from "../../components/dialog.js";
import { Icon } from "../../components/icon.js";
import { Tag } from "../../components/status.js";

/** @typedef {import("./addresses_page.js").Address} Address */

/**
 * One address of the book, as one would write it on a parcel, and what can be done with it.
 *
 * @param {{address: Address, onEdit: () => void, onRemove: () => Promise<void>,
 *   onPrefer: (use: "default_shipping" | "default_billing") => void}} props
 */
export function AddressCard({ address, onEdit, onRemove, onPrefer }) {
  const { label, name, line1, line2, city, region, postal_code: postal, country, phone, default_shipping: goods, default_billing: bills } = address;
  const called = label || city || line1;
  return html`<li class="panel address" data-address=${address.id}>
    <div class="address-head">
      <h2 class="panel-title">${called}</h2>
      ${(goods || bills) && html`<p class="address-tags">${goods && html`<${Tag} tone="in">Goods go here<//>`} ${bills && html`<${Tag} tone="held">Bills go here<//>`}</p>`}
    </div>
    <address class="address-lines">
      <strong>${name}</strong>
      ${[line1, line2, [postal, city].filter(Boolean).join(" "), region, countryName(country)].filter(Boolean).map((line) => html`<span key=${line}>${line}</span>`)}
      ${phone && html`<span class="address-phone soft"><${Icon} name="phone" /><span class="figures">${phone}</span></span>`}
    </address>
    <div class="address-acts">
      <button type="button" class="button button-text" onClick=${onEdit} aria-label=${`Edit ${called}`}>Edit</button>
      ${!goods && html`<button type="button" class="button button-text" onClick=${() => onPrefer("default_shipping")} aria-label=${`Send goods here: ${called}`}>Send goods here</button>`}
      ${!bills && html`<button type="button" class="button button-text" onClick=${() => onPrefer("default_billing")} aria-label=${`Send bills here: ${called}`}>Send bills here</button>`}
      <${Confirmed} label="Remove" name=${`Remove ${called}`} question="Remove this address?" yes="Remove it" act=${onRemove}
        words=${`${called}, ${name}. Orders that were placed with it keep it.`} />
    </div>
  </li>`;
}
