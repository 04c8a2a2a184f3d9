import { html } from "htm/preact";
import { inWords } from "../format.js";
import { useLive } from "../live_context.js";

/** The cart before anything is in it. @param {{children?: import("preact").ComponentChildren}} props */
export function EmptyCart({ children }) {
  const { shop } = useLive();
  const { hold_seconds: hold } = shop.facts.value;
  return html`<div class="cart-empty">
    <div class="cart-empty-keys" aria-hidden="true">
      ${["free", "free", "mine", "free", "held", "free", "free"].map((kind, index) => html`<span class="key" data-kind=${kind} key=${index}></span>`)}
    </div>
    <p class="cart-empty-title">${hold ? "Nothing held yet" : "Nothing in it yet"}</p>
    ${hold > 0 && html`<p>Add something and it is kept for you for ${inWords(hold)}.</p>`}
    ${children}
  </div>`;
}
