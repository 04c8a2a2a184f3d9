import { html } from "htm/preact";
import { useComputed } from "@preact/signals";
import { useLive } from "./live_context.js";

const MOST_KEYS = 14;
const MOST_TALL = 24;

/**
 * The level drawn as piano keys: one per piece, or a share of many, of which the last ones fade. Yours are struck in the accent, others' holds
 * are hollow, what is free stands full. The badge says the same in words.
 *
 * @param {{product: import("../live/types.js").Product, tall?: boolean}} props `tall`: more and larger, where there is room
 */
export function Keys({ product, tall = false }) {
  const { stock, cart, lines } = useLive();
  const level = stock.level(product.id).value ?? product;
  const kept = useComputed(() => (lines.places.value.get(product.id)?.state === "offered" ? 1 : 0)).value;
  const mine = useComputed(() => cart.quantities.value.get(product.id) ?? 0).value + kept;
  const room = tall ? MOST_TALL : MOST_KEYS;
  const more = Math.max(0, level.stock - room);
  return html`<div class=${tall ? "keys keys-tall" : "keys"} data-more=${more || null} aria-hidden="true">
    ${keyKinds(level, mine, room).map((kind, index) => html`<span class="key" data-kind=${kind} key=${index}></span>`)}
    ${more > 0 && tall && html`<b class="keys-more figures">+${more}</b>`}
  </div>`;
}

/**
 * @param {{stock: number, held: number, available: number}} level
 * @param {number} mine
 * @param {number} [room] for so many keys
 * @returns {("mine" | "held" | "free")[]}
 */
export function keyKinds({ stock, held, available }, mine, room = MOST_KEYS) {
  const total = Math.min(stock, room);
  const scale = stock > 0 ? total / stock : 0;
  const struck = Math.min(total, Math.ceil(Math.min(mine, held) * scale));
  const most = total - struck - (available > 0 && struck < total ? 1 : 0);
  const others = Math.min(most, Math.ceil(Math.max(0, held - mine) * scale));
  return Array.from({ length: total }, (_, index) => {
    if (index < struck) return "mine";
    return index < struck + others ? "held" : "free";
  });
}
