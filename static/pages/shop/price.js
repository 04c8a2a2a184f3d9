import { html } from "htm/preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { money } from "../../components/format.js";
import { useLive } from "../../components/live_context.js";
import { timeLeft } from "./words.js";

const SETTLES_MS = 3_000;

/** @typedef {import("../../live/types.js").Product} Product */

/** What a product costs, beside what it cost before; it lights up when it changes. @param {{product: Product, class?: string}} props */
export function Price({ product, class: name = "card-price" }) {
  const { price, list_price: before, currency } = product;
  const first = useRef(price);
  return html`<p class=${`${name} figures`} key=${price} data-changed=${price === first.current ? null : ""}>
    ${before ? html`<s><span class="unseen">before </span>${money(before, currency)}</s>` : null}
    ${money(price, currency)}
  </p>`;
}

/** How much is off, in percent. @param {Product} product */
export function percentOff({ price, list_price: before }) {
  return before ? Math.round((1 - price / before) * 100) : 0;
}

/** What is saved, and until when, by the server's clock; the price itself changes when the server says so. @param {{product: Product}} props */
export function Saving({ product }) {
  const { clock, products } = useLive();
  const { id, price, list_price: before, currency } = product;
  const [over, setOver] = useState("");
  const now = clock.now();
  const running = (product.discounts ?? []).filter(({ starts_at, ends_at }) => Date.parse(starts_at) <= now && Date.parse(ends_at) > now);
  const end = running.map(({ ends_at }) => ends_at).sort()[0] ?? over;
  const seconds = before ? clock.secondsUntil(end || null) : null;

  useEffect(() => { if (end) setOver(end); }, [end]);
  useEffect(() => {
    if (seconds !== 0) return undefined;
    // The news of its end should be here any moment; where it went missing, it is asked for.
    const timer = setTimeout(() => void products.read(id).catch(() => {}), SETTLES_MS);
    return () => clearTimeout(timer);
  }, [seconds === 0, products, id]);

  if (!before) return null;
  const share = percentOff(product);
  return html`<p class="saving">
    <span class="saving-tag">You save ${money(before - price, currency)}${share > 0 && ` (${share}%)`}</span>
    ${seconds !== null && seconds > 0 && html`<span class="saving-end">ends in <span class="figures" role="timer" aria-live="off" aria-label="Time left of this price">${timeLeft(seconds)}</span></span>`}
    ${seconds === 0 && html`<span class="saving-end">ending now</span>`}
  </p>`;
}
