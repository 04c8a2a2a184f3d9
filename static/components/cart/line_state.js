import { html } from "htm/preact";
import { money } from "../format.js";
import { Icon } from "../icon.js";
import { useLive } from "../live_context.js";
import { unclaimed } from "../../live/stock.js";

/**
 * How a line stands now: what became of it (another price, fewer than wanted), and whether it runs low. In words, with a
 * sign; nothing where all is well.
 *
 * @param {{line: import("../../live/types.js").CartLine}} props
 */
export function LineState({ line }) {
  const { cart, products, stock, shop } = useLive();
  const id = line.product_id;
  const level = stock.level(id).value;
  const free = level ? unclaimed(level) : line.available;
  const told = cart.remarks.value.get(id);
  const remark = told?.kind === "short" && free > told.available ? undefined : told; // some came back
  const product = products.byId.value.get(id);
  const threshold = product?.threshold ?? shop.facts.value.low_stock_threshold;
  return html`
    ${remark && html`<p class="line-state" data-tone=${remark.kind === "price" ? "held" : "low"} data-remark=${remark.kind} role="status">
      <${Icon} name="info" /><span>${remark.kind === "clipped" ? clipped(remark, free, product?.max_per_cart) : said(remark, line, cart.currency.value)}</span>
    </p>`}
    ${free <= threshold && remark?.kind !== "short" && html`<p class="line-state" data-tone="low" data-low><${Icon} name="warning" /><span>${runsLow(free, cart.holds.value)}</span></p>`}
  `;
}

/** @typedef {import("../../live/cart.js").Remark} Remark */

/**
 * Why fewer are held than were wanted, as far as it is known: the product's cap, or others.
 *
 * @param {Extract<Remark, {kind: "clipped"}>} remark
 * @param {number} free
 * @param {number | null | undefined} cap
 */
function clipped({ wanted, quantity }, free, cap) {
  if (cap && quantity >= cap) return `You wanted ${wanted}. The most per cart is ${cap}.`;
  const held = `You wanted ${wanted}, and ${quantity} could be held.`;
  if (cap === undefined) return held; // the product is still being read
  return free > 0 ? `${held} ${free} more ${free === 1 ? "is" : "are"} free now.` : `${held} Others have the rest.`;
}

/** @param {Exclude<Remark, {kind: "clipped"}>} remark @param {import("../../live/types.js").CartLine} line @param {string} currency */
function said(remark, { price }, currency) {
  if (remark.kind === "price") return `${price < remark.before ? "Now cheaper" : "The price went up"}: ${money(price, currency)}, was ${money(remark.before, currency)}.`;
  return remark.available > 0 ? `Only ${remark.available} more ${remark.available === 1 ? "is" : "are"} free just now.` : "No more just now: others hold the rest. Some may come back when a hold ends.";
}

/** @param {number} free @param {boolean} holds */
function runsLow(free, holds) {
  if (free > 0) return `Only ${free} more left.`;
  return holds ? "You hold the last of it." : "None left just now.";
}
