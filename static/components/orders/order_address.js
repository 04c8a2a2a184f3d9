import { html } from "htm/preact";
import { countryName } from "../countries.js";

/** An address as one writes it on a parcel. @param {{address: import("../../live/types.js").Address}} props */
export function OrderAddress({ address }) {
  const { name, line1, line2, city, postal_code: code, region, country } = address;
  const rows = [name, line1, line2, [code, city].filter(Boolean).join(" "), region, countryName(country)].filter(Boolean);
  return html`<address class="address">${rows.map((row, index) => html`<span key=${index}>${row}</span>`)}</address>`;
}
