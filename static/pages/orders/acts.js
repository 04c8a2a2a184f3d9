import { html } from "htm/preact";
import { useState } from "preact/hooks";
import { Confirmed } from "../../components/dialog.js";
import { useLive } from "../../components/live_context.js";
import { whyNotMoved } from "../../components/orders/order_words.js";
import { namesOf } from "../../components/orders/parcels.js";
import { ApiError } from "../../live/api.js";
import { unclaimed } from "../../live/stock.js";

/** @typedef {import("../../live/types.js").Order} Order */
/** @typedef {import("../../live/types.js").Fulfilment} Part */
/** @typedef {(order: Order) => void} Change */

/** What is done with an order; what is refused is told. @param {Change} onChange */
function useMove(onChange) {
  const { notices } = useLive();
  return async (/** @type {() => Promise<Order>} */ move, /** @type {string} */ done) => {
    try {
      onChange(await move());
      notices.say(done); // the page shows it, and the shop's own news follow
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      notices.tell({ tone: "error", title: whyNotMoved(error) });
    }
  };
}

/** While none of it has left. @param {{order: Order, onChange: Change}} props */
export function CancelWhole({ order, onChange }) {
  const { mine } = useLive();
  const move = useMove(onChange);
  if (!order.fulfilments.every((part) => part.status === "placed")) return null;
  return html`<${Confirmed} label="Cancel the order…" question="Cancel the whole order?" yes="Yes, cancel it"
    words="What you paid goes back to you, and others may buy what was yours."
    act=${() => move(() => mine.post(`/api/orders/${order.id}/cancel`, {}), "Your order is cancelled.")} />`;
}

/** One seller's part, while it has not left. @param {{order: Order, part: Part, onChange: Change}} props */
export function CancelPart({ order, part, onChange }) {
  const { mine } = useLive();
  const move = useMove(onChange);
  if (part.status !== "placed") return null;
  const names = namesOf(order, part.seller_id).join(", ");
  return html`<${Confirmed} label="Cancel this parcel…" name=${`Cancel this parcel… (${names})`} question="Cancel this parcel?" yes="Yes, cancel it"
    words=${`${names}: what you paid for it goes back to you. The rest of your order comes all the same.`}
    act=${() => move(() => mine.post(`/api/orders/${order.id}/cancel`, { seller_id: part.seller_id }), "This parcel is cancelled.")} />`;
}

/** Saying that a parcel has come. @param {{order: Order, part: Part, onChange: Change}} props */
export function Received({ order, part, onChange }) {
  const { mine } = useLive();
  const move = useMove(onChange);
  const [busy, setBusy] = useState(false);
  if (part.status !== "delivered") return null;
  const say = async () => {
    if (busy) return;
    setBusy(true);
    await move(() => mine.put(`/api/orders/${order.id}/status`, { status: "completed", seller_id: part.seller_id }), "Good to hear. Enjoy it.");
    setBusy(false);
  };
  return html`<button type="button" class="button button-quiet" aria-disabled=${busy} onClick=${say}>I have received it</button>`;
}

/** The same once more: what there is of it goes into the cart. @param {{order: Order}} props */
export function OrderAgain({ order }) {
  const { api, cart, claims, notices, place } = useLive();
  const [busy, setBusy] = useState(false);
  const again = async () => {
    if (busy) return;
    setBusy(true);
    const found = await Promise.all(order.product_list.map((line) => api.get(`/api/products/${line.product_id}`).catch(() => null)));
    /** @type {string[]} */
    const missing = [];
    for (const [index, line] of order.product_list.entries()) {
      const product = found[index];
      const most = product?.published ? cart.most(line.product_id, unclaimed(product), product.max_per_cart) - claims.quantity(line.product_id) : 0;
      const take = Math.min(line.quantity, most);
      if (take > 0) claims.change(line.product_id, take);
      if (take < line.quantity) missing.push(take > 0 ? `${line.name} (${take} of ${line.quantity})` : line.name);
    }
    setBusy(false);
    if (missing.length > 0) notices.tell({ tone: "info", title: "Not all of it can be had just now.", text: missing.join(", ") });
    place.go("/order/cart");
  };
  return html`<button type="button" class="button button-quiet" aria-disabled=${busy} onClick=${again}>${busy ? "Looking…" : "Order again"}</button>`;
}
