import { html } from "htm/preact";
import { useLive } from "../../components/live_context.js";
import { Tag } from "../../components/status.js";

/** The level of a product as it is now. @param {import("./types.js").Own} product */
export function useLevel(product) {
  const { stock } = useLive();
  return stock.level(product.id).value ?? product;
}

/**
 * How a product stands: on the shelf, hidden or disabled; and whether it runs out.
 *
 * @param {{product: import("./types.js").Own}} props
 */
export function States({ product }) {
  const level = useLevel(product);
  return html`<span class="own-states">
    ${shelf(product)}
    ${runningOut(level, product.threshold)}
    ${product.list_price !== null && html`<${Tag} tone="held">Reduced<//>`}
  </span>`;
}

/** @param {import("./types.js").Own} product */
function shelf({ disabled, disabled_reason: reason, published }) {
  if (disabled) return html`<${Tag} tone="wrong">Disabled<//>${reason && html`<span class="own-reason">${reason}</span>`}`;
  return published ? html`<${Tag} tone="in">On show<//>` : html`<${Tag} tone="out">Hidden<//>`;
}

/** @param {{available: number, stock: number}} level @param {number | null} threshold */
function runningOut({ available, stock }, threshold) {
  if (stock <= 0) return html`<${Tag} tone="wrong">Out of stock<//>`;
  if (available <= 0) return html`<${Tag} tone="low">All held<//>`;
  return available <= (threshold ?? 0) ? html`<${Tag} tone="low">Low<//>` : null;
}
