import { html } from "htm/preact";
import { Icon } from "../../components/icon.js";

const regions = new Intl.DisplayNames(undefined, { type: "region", fallback: "code" });

/** An address, which a press opens on a map in a tab of its own: before that, nobody else hears of it. @param {{address: import("./worklist.js").Address}} props */
export function Where({ address }) {
  const lines = [address.line1, address.line2, `${address.postal_code} ${address.city}`, address.region, country(address.country)].filter(Boolean);
  return html`<a class="where" href=${onMap(address)} target="_blank" rel="noopener noreferrer">
    <${Icon} name="pin" />
    <span class="where-lines">${lines.map((line) => html`<span key=${line}>${line}</span>`)}</span>
    <span class="where-map">Map<span class="unseen"> (opens in a new tab)</span></span>
  </a>`;
}

/** @param {import("./worklist.js").Address} address */
function onMap({ line1, postal_code, city, country: code }) {
  const query = [line1, `${postal_code} ${city}`, country(code)].join(", ");
  return `https://www.openstreetmap.org/search?query=${encodeURIComponent(query)}`;
}

/** @param {string} code */
function country(code) {
  try {
    return regions.of(code) ?? code;
  } catch {
    return code;
  }
}
