import { html } from "htm/preact";
import { useRef } from "preact/hooks";
import { useComputed } from "@preact/signals";
import { clockFace } from "./format.js";
import { useLive } from "./live_context.js";
import { unclaimed } from "../live/stock.js";

const COUNTED_UP_TO = 99;

/**
 * The live stock badge of one product.
 *
 * @param {{product: import("../live/types.js").Product}} props
 */
export function Badge({ product }) {
  const { stock, clock, shop, lines, cart } = useLive();
  const level = stock.level(product.id).value ?? product;
  const threshold = product.threshold ?? shop.facts.value.low_stock_threshold;
  const state = badgeState(level, threshold);
  const place = lines.places.value.get(product.id)?.state;
  const mine = useComputed(() => (cart.holds.value ? (cart.quantities.value.get(product.id) ?? 0) : 0)).value;
  const others = (level.waiting ?? 0) - (place === "waiting" ? 1 : 0);
  const own = state === "held" ? ownWords(level, mine, place === "offered", others) : "";
  const seconds = state === "held" && !own && others <= 0 ? clock.secondsUntil(level.next_release) : null;
  const first = useRef(level.version); // what is there from the start needs no flash
  const struck = level.version !== first.current;
  return html`<p class="badge" data-state=${state} data-available=${level.available} data-version=${level.version}>
    <span class=${struck ? "badge-dot badge-struck" : "badge-dot"} key=${level.version}></span><span>${own || badgeText(state, level, seconds, others)}</span>
  </p>`;
}

/**
 * What there is for people who do not wait already.
 *
 * @param {{available: number, stock: number, waiting?: number}} level
 * @param {number} threshold
 * @returns {"in" | "low" | "held" | "out"}
 */
export function badgeState(level, threshold) {
  const available = unclaimed(level);
  if (level.stock <= 0) return "out";
  if (available <= 0) return "held";
  return available <= threshold ? "low" : "in";
}

/**
 * What is said to whoever has some of what is held themselves: nothing of a next one, which would be their own.
 *
 * @param {{held: number}} level
 * @param {number} mine in one's cart
 * @param {boolean} offered one is kept for whoever looks
 * @param {number} others who wait
 */
function ownWords({ held }, mine, offered, others) {
  const after = others > 0 ? `, ${others} waiting` : "";
  if (mine >= held && mine > 0) return `All in your cart${after}`;
  if (offered) return `One is kept for you${after}`;
  return mine > 0 ? `All held, ${mine} by you${after}` : "";
}

/**
 * @param {"in" | "low" | "held" | "out"} state
 * @param {{available: number, held: number, waiting?: number}} level
 * @param {number | null} seconds until the next release, where known
 * @param {number} others who wait: whoever looks is not one
 */
function badgeText(state, level, seconds, others) {
  const available = unclaimed(level);
  if (state === "out") return level.waiting ? `Out of stock, ${level.waiting} waiting` : "Out of stock";
  if (state === "low") return level.held > 0 ? `${available} left, ${level.held} in carts` : `${available} left`;
  if (state === "in") return available > COUNTED_UP_TO ? "In stock" : `${available} in stock`;
  if (others > 0) return `All held, ${others} waiting`;
  if (seconds === null) return "All held";
  if (seconds === 0) return "All held, releasing now";
  return html`All held, next in <span class="figures">${clockFace(seconds)}</span>`;
}
