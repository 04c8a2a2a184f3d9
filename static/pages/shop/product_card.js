import { html } from "htm/preact";
import { Badge } from "../../components/badge.js";
import { useProduct } from "../../components/catalogue.js";
import { Keys } from "../../components/keys.js";
import { Picture } from "../../components/picture.js";
import { Buy } from "./buy.js";
import { percentOff, Price } from "./price.js";

/**
 * One product on a shelf, live. What is withdrawn while it is looked at stays in its place and says so: nothing moves
 * under the finger.
 *
 * @param {{id: string, short?: boolean, first?: boolean}} props `short`: without its description; `first`: in sight at once
 */
export function ProductCard({ id, short = false, first = false }) {
  const { product, gone } = useProduct(id);
  if (!product) return null;
  const { name, description, category } = product;
  const off = gone ? 0 : percentOff(product);
  const to = `/product/${id}`;
  return html`<li class="card" data-product=${id} data-gone=${gone ? "" : null}>
    <a class="card-picture" href=${to} tabindex="-1" aria-hidden="true">
      <${Picture} name=${name} category=${category} image=${product.images?.[0]} decorative first=${first} />
      ${off > 0 && html`<span class="card-off figures">−${off}%</span>`}
    </a>
    <div class="card-body">
      <div class="card-title">
        <h3 class="card-name"><a class="card-link" href=${to}>${name}</a></h3>
        ${!gone && html`<${Price} product=${product} />`}
      </div>
      ${!short && html`<p class="card-description">${description}</p>`}
      ${gone
        ? html`<p class="card-gone">Not for sale any more.</p>`
        : html`<div class="card-stock"><${Badge} product=${product} /><${Keys} product=${product} /></div><${Buy} product=${product} />`}
    </div>
  </li>`;
}
