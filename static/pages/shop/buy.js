import { html } from "htm/preact";
import { useComputed } from "@preact/signals";
import { useLive } from "../../components/live_context.js";
import { Stepper } from "../../components/stepper.js";
import { unclaimed } from "../../live/stock.js";
import { InLine } from "./in_line.js";

/**
 * Taking a product: adding it, more and less of it, or waiting for it where there is none.
 *
 * @param {{product: import("../../live/types.js").Product, cartAt?: string, words?: string}} props `cartAt`: where the cart is;
 *   `words` of the way there
 */
export function Buy({ product, cartAt = "#cart", words = "in cart" }) {
  const { stock, cart, claims, lines } = useLive();
  const level = stock.level(product.id).value ?? product;
  const mine = useComputed(() => cart.quantities.value.get(product.id) ?? 0).value;
  const wished = useComputed(() => claims.quantity(product.id)).value;
  const inLine = useComputed(() => lines.places.value.has(product.id)).value;
  const most = cart.most(product.id, unclaimed(level), product.max_per_cart);
  const nothing = most === 0 && wished === 0;
  return html`<div class="card-buy">
    ${!nothing && html`<${Stepper} id=${product.id} name=${product.name} most=${most} grows />`}
    ${mine > 0 && html`<a class="card-mine" href=${cartAt}>${words}</a>`}
    ${(nothing || inLine) && html`<${InLine} product=${product} />`}
  </div>`;
}

/** How many one cart may hold, said before it is met and when it is. @param {{product: import("../../live/types.js").Product}} props */
export function Cap({ product }) {
  const { claims } = useLive();
  const wished = useComputed(() => claims.quantity(product.id)).value;
  const cap = product.max_per_cart;
  if (!cap) return null;
  const full = wished >= cap;
  return html`<p class="cap" data-full=${full ? "" : null}>${full ? `That is the most per cart: ${cap}. The rest is for others.` : `Up to ${cap} per cart.`}</p>`;
}
