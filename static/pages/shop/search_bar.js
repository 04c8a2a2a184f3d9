import { html } from "htm/preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Select } from "../../components/field.js";
import { Icon } from "../../components/icon.js";
import { useLive } from "../../components/live_context.js";

const SETTLES_MS = 200;
/** @type {[string, string][]} */
const SORTS = [["newest", "Newest"], ["popular", "Most bought"], ["price", "Price, low first"], ["-price", "Price, high first"], ["name", "Name"]];

/**
 * Looking for something by words, as they are typed, and in which order.
 *
 * @param {{wish: import("../../live/wishes.js").Wish, onFilters?: () => void}} props
 */
export function SearchBar({ wish, onFilters }) {
  const { place } = useLive();
  const [typed, setTyped] = useState(wish.q);
  const asked = useRef(wish.q);
  const timer = useRef(/** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined));
  useEffect(() => {
    if (wish.q === asked.current) return;
    asked.current = wish.q; // by the way back, or a filter that was taken away
    setTyped(wish.q);
  }, [wish.q]);
  useEffect(() => () => clearTimeout(timer.current), []);

  /** @param {string} words */
  const ask = (words) => {
    clearTimeout(timer.current);
    asked.current = words.trim() ? words : "";
    place.ask({ q: asked.current || null });
  };
  /** @param {InputEvent} event */
  const type = (event) => {
    const words = /** @type {HTMLInputElement} */ (event.currentTarget).value;
    setTyped(words);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => ask(words), SETTLES_MS);
  };
  /** @param {SubmitEvent} event */
  const submit = (event) => {
    event.preventDefault();
    ask(typed);
  };
  const standard = wish.q.trim() ? "" : "newest";
  /** @type {[string, string][]} */
  const sorts = wish.q.trim() ? [["", "Best match"], ...SORTS] : SORTS;
  const active = [wish.category, wish.min_price !== null || wish.max_price !== null, wish.in_stock].filter(Boolean).length;
  return html`<div class="toolbar">
    <form class="search" role="search" action="/listing" onSubmit=${submit}>
      <label class="unseen" for="search">Search products</label>
      <${Icon} name="search" />
      <input id="search" name="q" type="search" maxlength="200" placeholder="Search" autocomplete="off" autocapitalize="none"
        enterkeyhint="search" value=${typed} onInput=${type} aria-controls="products" />
    </form>
    <${Select} quiet optional label="Sort by" name="sort" choices=${sorts} value=${wish.sort || standard}
      onChoose=${(/** @type {string} */ sort) => place.ask({ sort: sort === standard ? null : sort })} />
    ${onFilters && html`<button type="button" class="button button-quiet filter-button" aria-haspopup="dialog" onClick=${onFilters}>
      <${Icon} name="filter" />Filters${active > 0 && html`<span class="filter-count figures"><span class="unseen">, active: </span>${active}</span>`}
    </button>`}
  </div>`;
}
