import { html } from "htm/preact";
import { useEffect, useRef } from "preact/hooks";
import { useShelf, useShown } from "../../components/catalogue.js";
import { plural } from "../../components/format.js";
import { useLive } from "../../components/live_context.js";
import { Failed, More } from "../../components/states.js";
import { listingOf } from "../../live/wishes.js";
import { Legend } from "./legend.js";
import { News } from "./news.js";
import { Placeholders } from "./placeholders.js";
import { ProductCard } from "./product_card.js";

const AT_ONCE = 4; // pictures in sight on most screens

/** @typedef {import("../../live/wishes.js").Wish} Wish */
/** @typedef {import("../../live/shelf.js").Shelf} ShelfStore */

/**
 * The products of a wish: loading, failed, none, or the grid. While another wish is read the last one stays.
 *
 * @param {{wish: Wish, facets: import("../../live/types.js").Facets | null}} props
 */
export function Shelf({ wish, facets }) {
  const { shelves } = useLive();
  const shelf = useShelf(shelves.of(wish));
  const last = useRef(/** @type {ShelfStore} */ (shelf));
  const waiting = shelf.phase.value === "loading";
  useEffect(() => { if (!waiting) last.current = shelf; });
  useShown(shelf.ids.value.length);
  const shown = waiting && last.current.phase.value === "ready" ? last.current : shelf;

  return html`<section id="products" class="shelf" aria-labelledby="products-title" tabindex="-1">
    <div class="shelf-head">
      <h2 id="products-title" class="unseen">Products</h2>
      <p class="shelf-count" role="status">${shown.phase.value === "ready" && said(shown, wish, facets)}</p>
      <${Legend} />
    </div>
    <${News} shelf=${shown} />
    <div class="shelf-body" data-asking=${shown === shelf ? null : ""}>${body(shown, wish)}</div>
  </section>`;
}

/** @param {ShelfStore} shelf @param {Wish} wish */
function body(shelf, wish) {
  if (shelf.phase.value === "loading") return html`<${Placeholders} />`;
  if (shelf.phase.value === "failed") return html`<${Failed} problem=${shelf.problem.value} onRetry=${() => void shelf.again()} />`;
  const ids = shelf.ids.value;
  if (ids.length === 0 && !shelf.next.value) return html`<${Nothing} wish=${wish} />`;
  return html`
    <ul class="grid">${ids.map((id, index) => html`<${ProductCard} key=${id} id=${id} first=${index < AT_ONCE} />`)}</ul>
    ${shelf.problem.value && html`<p class="order-problem" role="alert">${shelf.problem.value}</p>`}
    <${More} pages=${{ next: shelf.next.value, more: shelf.more, items: ids }} what="more products" />
  `;
}

/** Nothing fits: what to do about it. @param {{wish: Wish}} props */
function Nothing({ wish }) {
  const wider = listingOf({ q: wish.q });
  const narrowed = Boolean(wish.category || wish.in_stock || wish.min_price !== null || wish.max_price !== null);
  if (!narrowed && !wish.q.trim()) {
    return html`<div class="note">
      <p class="note-title">Nothing on the shelf.</p>
      <p>New products show up here by themselves, the moment a seller publishes them.</p>
    </div>`;
  }
  return html`<div class="note">
    <p class="note-title">Nothing fits.</p>
    <p>${wish.q.trim() ? "Try fewer or other words, or look through everything." : "Try a wider price range or another category."}</p>
    <p class="note-ways">
      ${narrowed && wish.q.trim() && html`<a class="button button-quiet" href=${wider}>Search everywhere</a>`}
      <a class="button button-quiet" href="/listing">Show all products</a>
    </p>
  </div>`;
}

/**
 * How many there are. Levels are not counted, so of what is in stock it is known only once all of it is shown.
 *
 * @param {ShelfStore} shelf
 * @param {Wish} wish
 * @param {import("../../live/types.js").Facets | null} facets
 */
function said(shelf, wish, facets) {
  const here = shelf.ids.value.length;
  if (!shelf.next.value) return here > 0 ? plural(here, "product") : "No products";
  const counted = facets?.categories.filter(({ category, depth }) => (wish.category ? category === wish.category : depth === 0)) ?? [];
  const all = counted.reduce((sum, { count }) => sum + count, 0);
  if (!facets && !wish.in_stock) return ""; // it is still being counted
  return wish.in_stock || all < here ? `More than ${plural(here, "product")}` : plural(all, "product");
}
