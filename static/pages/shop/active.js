import { html } from "htm/preact";
import { money } from "../../components/format.js";
import { Icon } from "../../components/icon.js";
import { useLive } from "../../components/live_context.js";
import { pathOf, titleOf } from "./words.js";

const NOTHING = { q: null, category: null, min_price: null, max_price: null, in_stock: null };

/** What the list is narrowed by, each to be taken away. @param {{wish: import("../../live/wishes.js").Wish}} props */
export function Active({ wish }) {
  const { place, shop } = useLive();
  const { currency } = shop.facts.value;
  /** @type {[string, string, Record<string, null>][]} */
  const active = [];
  if (wish.q.trim()) active.push(["q", `“${wish.q.trim()}”`, { q: null }]);
  if (wish.category) active.push(["category", pathOf(wish.category).map(titleOf).join(" › "), { category: null }]);
  const price = rangeOf(wish, currency);
  if (price) active.push(["price", price, { min_price: null, max_price: null }]);
  if (wish.in_stock) active.push(["in_stock", "In stock", { in_stock: null }]);
  if (active.length === 0) return null;

  /** @param {Record<string, null>} changes */
  const take = (changes) => {
    place.ask(changes);
    document.getElementById("search")?.focus({ preventScroll: true }); // the chip that had the focus is gone
  };
  return html`<ul class="active" aria-label="Active filters">
    ${active.map(([key, words, changes]) => html`<li key=${key}>
      <button type="button" class="active-chip" onClick=${() => take(changes)} aria-label=${`Remove the filter ${words}`}>${words}<${Icon} name="cross" /></button>
    </li>`)}
    ${active.length > 1 && html`<li key="all"><button type="button" class="button button-text" onClick=${() => take(NOTHING)}>Clear all</button></li>`}
  </ul>`;
}

/** @param {import("../../live/wishes.js").Wish} wish @param {string} currency */
function rangeOf({ min_price: least, max_price: most }, currency) {
  if (least !== null && most !== null) return `${money(least, currency)} to ${money(most, currency)}`;
  if (least !== null) return `From ${money(least, currency)}`;
  return most !== null ? `Up to ${money(most, currency)}` : "";
}
