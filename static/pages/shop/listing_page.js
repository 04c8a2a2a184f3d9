import { html } from "htm/preact";
import { useState } from "preact/hooks";
import { CartBar } from "../../components/cart/cart_bar.js";
import { CartPanel } from "../../components/cart/cart_panel.js";
import { useFacets } from "../../components/catalogue.js";
import { useLive } from "../../components/live_context.js";
import { useMedia } from "../../components/media.js";
import { Sheet } from "../../components/sheet.js";
import { useTitle } from "../../components/title.js";
import { Toasts } from "../../components/toasts.js";
import { wishOf } from "../../live/wishes.js";
import { Active } from "./active.js";
import { Categories } from "./categories.js";
import { Filters } from "./filters.js";
import { Shelf } from "./shelf.js";
import { SearchBar } from "./search_bar.js";
import { titleOf } from "./words.js";

const CART_BESIDE = "(min-width: 64rem)";
const FILTERS_BESIDE = "(min-width: 88rem)";

/** Everything there is, as somebody looks for it; the cart beside it or, where the window is narrow, in a sheet below. */
export function ListingPage() {
  const { place } = useLive();
  const cartBeside = useMedia(CART_BESIDE);
  const filtersBeside = useMedia(FILTERS_BESIDE);
  const [open, setOpen] = useState(/** @type {"" | "cart" | "filters"} */ (""));
  const wish = wishOf(place.query.value);
  const { facets, settled } = useFacets(wish);
  const title = wish.q.trim() ? `“${wish.q.trim()}”` : wish.category ? titleOf(wish.category) : "All products";
  useTitle(title);

  const close = () => setOpen("");
  const cart = open === "cart" && !cartBeside;
  const filters = open === "filters" && !filtersBeside;
  return html`
    <div class="shop" data-filters=${filtersBeside ? "" : null}>
      ${filtersBeside && html`<aside class="shop-filters" aria-labelledby="filters-title"><${Filters} wish=${wish} facets=${facets} /></aside>`}
      <main class="shop-main">
        <header class="listing-head">
          <h1 class="listing-title">${title}</h1>
          <${SearchBar} wish=${wish} onFilters=${filtersBeside ? undefined : () => setOpen("filters")} />
          ${!filtersBeside && html`<${Categories} wish=${wish} categories=${facets?.categories ?? []} />`}
          <${Active} wish=${wish} />
        </header>
        <${Shelf} wish=${wish} facets=${settled ? facets : null} />
      </main>
      ${cartBeside && html`<aside id="cart" class="shop-cart" aria-labelledby="cart-title" tabindex="-1"><${CartPanel} /></aside>`}
    </div>
    ${!cartBeside && html`<${CartBar} onOpen=${() => setOpen("cart")} />`}
    ${cart && html`<${Sheet} label="Your cart" onClose=${close}><${Toasts} /><${CartPanel} onClose=${close} /><//>`}
    ${filters && html`<${Sheet} label="Filters" side onClose=${close}><${Filters} wish=${wish} facets=${facets} onClose=${close} /><//>`}
    ${!cart && html`<${Toasts} />`}
  `;
}
