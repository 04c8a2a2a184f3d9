import { html } from "htm/preact";
import { Check } from "../../components/field.js";
import { Icon } from "../../components/icon.js";
import { useLive } from "../../components/live_context.js";
import { CategoryTree } from "./categories.js";
import { PriceRange } from "./price_range.js";

/**
 * What a list can be narrowed by. It acts at once; in a sheet there is a way back to the list.
 *
 * @param {{wish: import("../../live/wishes.js").Wish, facets: import("../../live/types.js").Facets | null, onClose?: () => void}} props
 */
export function Filters({ wish, facets, onClose }) {
  const { place } = useLive();
  return html`<div class="filters">
    <header class="filters-head">
      <h2 id="filters-title" class="filters-title">Filters</h2>
      ${onClose && html`<button type="button" class="icon-button" onClick=${onClose} aria-label="Close the filters"><${Icon} name="cross" /></button>`}
    </header>
    <${Check} label="In stock now" name="in_stock" on=${wish.in_stock} onTurn=${(/** @type {boolean} */ on) => place.ask({ in_stock: on ? "true" : null })} />
    <${PriceRange} wish=${wish} facets=${facets} />
    <section class="filters-part">
      <h3 class="filters-name">Category</h3>
      <${CategoryTree} wish=${wish} categories=${facets?.categories ?? []} />
    </section>
    ${onClose && html`<div class="filters-foot"><button type="button" class="button button-main" onClick=${onClose}>Show the products</button></div>`}
  </div>`;
}
