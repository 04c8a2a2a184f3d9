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
  const remark = cart.remarks.value.get(id);
  const level = stock.level(id).value;
  const free = level ? unclaimed(level) : line.available;
  const threshold = products.byId.value.get(id)?.threshold ?? shop.facts.value.low_stock_threshold;
  return html`
    ${remark && html`<p class="line-state" data-tone=${remark.kind === "price" ? "held" : "low"} data-remark=${remark.kind} role="status">
      <${Icon} name="info" /><span>${said(remark, line, cart.currency.value)}</span>
    </p>`}
    ${free <= threshold && remark?.kind !== "short" && html`<p class="line-state" data-tone="low" data-low><${Icon} name="warning" /><span>${runsLow(free, cart.holds.value)}</span></p>`}
  `;
}

/** @param {import("../../live/cart.js").Remark} remark @param {import("../../live/types.js").CartLine} line @param {string} currency */
function said(remark, { quantity, price }, currency) {
  if (remark.kind === "price") return `${price < remark.before ? "Now cheaper" : "The price went up"}: ${money(price, currency)}, was ${money(remark.before, currency)}.`;
  if (remark.kind === "clipped") return `You wanted ${remark.wanted}; ${quantity} can be held in one cart. Others have the rest, or it is the most per cart.`;
  return remark.available > 0 ? `Not so many: only ${remark.available} more can be had just now.` : "No more to be had: others hold the rest. Some may come back when a hold ends.";
}

/** @param {number} free @param {boolean} holds */
function runsLow(free, holds) {
  if (free > 0) return `Only ${free} more left.`;
  return holds ? "You hold the last of it." : "None left just now.";
}
