import { html } from "htm/preact";
import { money } from "../../components/format.js";
import { useLive } from "../../components/live_context.js";
import { Picture } from "../../components/picture.js";
import { Totals } from "../../components/cart/totals.js";

/** What is ordered and what it comes to, beside each step. @param {{state: import("../../live/types.js").CheckoutState}} props */
export function YourOrder({ state }) {
  const { cart, products, shop } = useLive();
  const currency = state.currency ?? cart.currency.value;
  const images = new Map(cart.lines.value.map((line) => [line.product_id, line.image]));
  return html`<aside class="panel checkout-aside" aria-labelledby="your-order">
    <div class="checkout-aside-head"><h2 id="your-order" class="panel-title">Your order</h2><a class="button button-text" href="/order/cart">Change</a></div>
    <ul class="order-lines">${state.lines.map((line) => {
      const product = products.byId.value.get(line.product_id);
      return html`<li class="order-line" key=${line.product_id}>
        <${Picture} name=${line.name} category=${product?.category} image=${images.get(line.product_id) ?? product?.images?.[0]} decorative />
        <div class="order-line-words"><p class="line-name">${line.name}</p><p class="line-each figures">${line.quantity} × ${money(line.price, currency)}</p></div>
        <p class="line-total figures">${money(line.line_total, currency)}</p>
      </li>`;
    })}</ul>
    <${Totals} subtotal=${state.subtotal} saved=${state.discount} shipping=${state.shipping} total=${state.total_amount} currency=${currency} freeFrom=${shop.facts.value.free_shipping_from} />
  </aside>`;
}
