import { html } from "htm/preact";
import { money } from "../../../components/format.js";
import { counted } from "../words.js";
import { Unread } from "./part.js";

/** @typedef {import("./shapes.js").Top} Top */

/**
 * The ten first, in a small table that fits a phone; a bar behind each says how far it is from the first.
 *
 * @param {{title: string, by: "units" | "revenue", part: {ok: true, currency: string, items: Top[]} | import("./shapes.js").Unread,
 *   to: (id: string) => string}} props `by` what they are in order; `to`: where more about one is
 *   to be seen
 */
export function Ranks({ title, by, part, to }) {
  return html`<section class="ranks-box" aria-label=${title}>
    <h3 class="ranks-title">${title}</h3>
    ${!part.ok && html`<${Unread} reason=${part.reason} />`}
    ${part.ok && part.items.length === 0 && html`<p class="soft">Nothing was sold in this time.</p>`}
    ${part.ok && part.items.length > 0 && html`<table class="ranks">
      <caption class="unseen">${title}</caption>
      <thead><tr><th scope="col">Name</th><th scope="col" class="ranks-number">Units</th><th scope="col" class="ranks-number">Revenue</th></tr></thead>
      <tbody>${part.items.map((one) => html`<tr key=${one.id}>
        <th scope="row"><span class="ranks-bar" style=${{ inlineSize: `${share(one, part.items, by)}%` }}></span>
          ${one.name === null ? html`<span class="soft ranks-name">Gone by now</span>` : html`<a class="ranks-name" href=${to(one.id)}>${one.name}</a>`}</th>
        <td class="ranks-number figures">${counted(one.units)}</td>
        <td class="ranks-number figures">${money(one.revenue, part.currency)}</td>
      </tr>`)}</tbody>
    </table>`}
  </section>`;
}

/** @param {Top} one @param {Top[]} items @param {"units" | "revenue"} by */
function share(one, items, by) {
  const most = Math.max(...items.map((each) => each[by]));
  return most > 0 ? (100 * one[by]) / most : 0;
}
