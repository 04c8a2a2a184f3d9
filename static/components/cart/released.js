import { html } from "htm/preact";
import { Icon } from "../icon.js";
import { useLive } from "../live_context.js";

/** What went back on the shelf when the hold ended, and a way to take it again. */
export function Released() {
  const { cart, claims, products } = useLive();
  const items = cart.released.value;
  if (items.length === 0) return null;

  /** @param {{product_id: string, name: string, quantity: number}} item */
  const words = ({ product_id: id, name, quantity }) =>
    `${quantity} × ${name || products.byId.peek().get(id)?.name || "a product"}`;
  const close = () => { cart.released.value = []; };
  const again = () => {
    for (const item of items) claims.change(item.product_id, item.quantity);
    close();
  };
  return html`<div class="released" role="status">
    <p class="released-title">Your hold ended</p>
    <ul class="released-items">${items.map((item) => html`<li key=${item.product_id}>${words(item)}</li>`)}</ul>
    <p>It went back on the shelf, so that others can have it.</p>
    <button type="button" class="button button-quiet" onClick=${again}>Hold again</button>
    <button type="button" class="icon-button released-close" onClick=${close} aria-label="Dismiss"><${Icon} name="cross" /></button>
  </div>`;
}
