import { html } from "htm/preact";
import { listingOf } from "../../live/wishes.js";
import { pathOf, titleOf } from "./words.js";

/** The way down to a product's shelf. @param {{category: string}} props */
export function Crumbs({ category }) {
  const chain = category ? pathOf(category) : [];
  return html`<nav aria-label="Where this is"><ol class="crumbs">
    <li><a href="/listing">Shop</a></li>
    ${chain.map((one) => html`<li key=${one}><a href=${listingOf({ category: one })}>${titleOf(one)}</a></li>`)}
  </ol></nav>`;
}
