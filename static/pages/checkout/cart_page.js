import { html } from "htm/preact";
import { plural } from "../../components/format.js";
import { useLive } from "../../components/live_context.js";
import { CartFoot } from "../../components/cart/cart_foot.js";
import { CartLines } from "../../components/cart/cart_lines.js";
import { EmptyCart } from "../../components/cart/empty_cart.js";
import { HoldBar } from "../../components/cart/hold_bar.js";
import { Released } from "../../components/cart/released.js";
import { Page } from "../../components/page.js";
import { Skeleton } from "../../components/states.js";

/** The cart: what is in it, how each line stands, how long it is held and what it comes to. */
export function CartPage() {
  const { cart, claims } = useLive();
  const lines = cart.lines.value;
  const filled = lines.length > 0;
  const empty = html`<button type="button" class="button button-text" onClick=${claims.clear} aria-label="Empty the cart">Empty</button>`;
  return html`<${Page} title="Your cart" lead=${cart.count.value > 0 ? plural(cart.count.value, "item") : null} actions=${filled ? empty : null}>
    <${Released} />
    ${cart.current.value === null && html`<${Skeleton} rows=${3} label="Loading your cart" />`}
    ${cart.current.value && !filled && html`<div class="panel"><${EmptyCart}><a class="button button-quiet" href="/listing">To the shop</a><//></div>`}
    ${filled && html`<div class="checkout">
      <section class="panel cart-page-lines" aria-label="What is in it"><${CartLines} lines=${lines} /></section>
      <aside class="panel checkout-aside" aria-label="What it comes to"><${HoldBar} /><${CartFoot} /></aside>
    </div>`}
  <//>`;
}
