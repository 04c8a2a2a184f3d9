import { html } from "htm/preact";
import { Badge } from "../../components/badge.js";
import { Keys } from "../../components/keys.js";
import { useLive } from "../../components/live_context.js";
import { Toasts } from "../../components/toasts.js";
import { ANYTHING, listingOf } from "../../live/wishes.js";
import { Buy, Cap } from "./buy.js";
import { Crumbs } from "./crumbs.js";
import { Gallery } from "./gallery.js";
import { Legend } from "./legend.js";
import { Price, Saving } from "./price.js";
import { Strip } from "./strip.js";
import { pathOf, titleOf } from "./words.js";

const MORE = 10;

/** @typedef {import("../../live/types.js").Product} Product */

/** A product with all that is known of it. @param {{product: Product, gone: boolean}} props */
export function ProductView({ product, gone }) {
  const { shelves } = useLive();
  const { id, name, category, description, tags } = product;
  const paragraphs = description.split(/\n+/).filter((text) => text.trim());
  return html`
    <main id="main" class="page product-page" tabindex="-1">
      <${Crumbs} category=${category} />
      <article class="product" data-product=${id} data-gone=${gone ? "" : null}>
        <${Gallery} product=${product} />
        <div class="product-words">
          <h1 class="product-name">${name}</h1>
          ${gone ? html`<${Gone} />` : html`<${Offered} product=${product} />`}
          ${paragraphs.length > 0 && html`<div class="product-description">${paragraphs.map((text, index) => html`<p key=${index}>${text}</p>`)}</div>`}
          <dl class="product-facts">
            ${category && html`<div><dt>Category</dt><dd><a href=${listingOf({ category })}>${pathOf(category).map(titleOf).join(" › ")}</a></dd></div>`}
            ${tags.length > 0 && html`<div><dt>Tags</dt><dd class="product-tags">${tags.map((tag) => html`<a class="product-tag" key=${tag} href=${listingOf({ q: tag })}>${tag}</a>`)}</dd></div>`}
          </dl>
        </div>
      </article>
      ${category && html`<${Strip} key=${category} id="shelf-title" title="More from the same shelf" shelf=${shelves.of({ ...ANYTHING, category, sort: "popular" }, MORE)} all=${[listingOf({ category }), titleOf(category)]} without=${id} />`}
    </main>
    <${Toasts} />
  `;
}

/** What it costs, how much there is, and taking it. @param {{product: Product}} props */
function Offered({ product }) {
  const hidden = product.disabled || product.published === false;
  return html`
    ${hidden && html`<p class="product-hidden" role="note">Not on show: shoppers do not see this page.</p>`}
    <div class="product-price"><${Price} product=${product} class="product-amount" /><${Saving} product=${product} /></div>
    <div class="product-stock"><${Badge} product=${product} /><${Keys} product=${product} tall /><${Legend} /></div>
    ${!hidden && html`<div class="product-buy"><${Buy} product=${product} cartAt="/order/cart" words="See it in your cart" /></div><${Cap} product=${product} />`}
  `;
}

/** It was withdrawn, be it while somebody looks at it. */
function Gone() {
  return html`<div class="product-gone" role="status">
    <p class="note-title">Not for sale any more.</p>
    <p>It was taken off the shelves. If it comes back while you are here, you can have it at once.</p>
    <a class="button button-quiet" href="/listing">Look through the shop</a>
  </div>`;
}
