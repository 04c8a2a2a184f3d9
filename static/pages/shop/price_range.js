import { html } from "htm/preact";
import { useLive } from "../../components/live_context.js";
import { minorUnits, money } from "../../components/format.js";

/**
 * From which price to which; a field acts when it is left, or on Enter.
 *
 * @param {{wish: import("../../live/wishes.js").Wish, facets: import("../../live/types.js").Facets | null}} props
 */
export function PriceRange({ wish, facets }) {
  const { place, shop } = useLive();
  const { currency } = shop.facts.value;
  const unit = 10 ** minorUnits(currency);
  const symbol = money(0, currency).replace(/[\d.,\s]/g, "");

  /** @param {Event} event */
  const change = (event) => {
    const { name, value, validity } = /** @type {HTMLInputElement} */ (event.currentTarget);
    if (validity.badInput) return;
    const amount = Math.round(Math.abs(Number(value)) * unit);
    place.ask({ [name]: value === "" || !Number.isSafeInteger(amount) ? null : String(amount) });
  };
  /** @param {KeyboardEvent} event */
  const press = (event) => { if (event.key === "Enter") change(event); };
  /** @param {number | null | undefined} amount @param {(amount: number) => number} round */
  const whole = (amount, round) => (amount === null || amount === undefined ? "" : String(round(amount / unit)));

  return html`<div class="filters-part range" role="group" aria-labelledby="range-title">
    <h3 id="range-title" class="filters-name">Price, ${symbol}</h3>
    <div class="range-fields">
      <label class="unseen" for="min-price">From</label>
      <input id="min-price" name="min_price" type="number" min="0" step="any" inputmode="decimal" placeholder=${whole(facets?.min_price, Math.floor) || "from"}
        value=${wish.min_price === null ? "" : wish.min_price / unit} onChange=${change} onKeyDown=${press} />
      <span aria-hidden="true">–</span>
      <label class="unseen" for="max-price">To</label>
      <input id="max-price" name="max_price" type="number" min="0" step="any" inputmode="decimal" placeholder=${whole(facets?.max_price, Math.ceil) || "to"}
        value=${wish.max_price === null ? "" : wish.max_price / unit} onChange=${change} onKeyDown=${press} />
    </div>
    ${wish.min_price !== null && wish.max_price !== null && wish.min_price > wish.max_price && html`<p class="field-problem" role="alert">The first is more than the second.</p>`}
  </div>`;
}
