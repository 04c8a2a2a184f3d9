import { html } from "htm/preact";
import { Icon } from "../../components/icon.js";
import { Toasts } from "../../components/toasts.js";
import { KeptCart } from "./kept_cart.js";

/** @typedef {import("preact").ComponentChildren} Children */

/** What an account is good for. @type {[Parameters<typeof Icon>[0]["name"], string, string][]} */
const GOOD_FOR = [
  ["cart", "One cart on every device", "What you hold on the phone is held on the laptop, too."],
  ["truck", "Orders you can follow", "From the shelf to your door, as it happens."],
  ["bell", "Told in time", "When something in your cart runs out, or what you waited for is back."],
  ["pin", "Addresses kept for you", "Type them once, choose them after."],
];

const KEYS = ["free", "held", "free", "mine", "free", "free", "held", "free", "mine", "free", "held", "free"];

/**
 * A way in: the form, and beside it what is behind the door. What is in the cart now comes along, and is shown.
 *
 * @param {{title: string, lead?: Children, children?: Children}} props
 */
export function Door({ title, lead, children }) {
  return html`
    <main id="main" class="desk" tabindex="-1">
      <div class="door">
        <div class="door-form">
          <header><h1 class="desk-title">${title}</h1>${lead && html`<p class="desk-soft">${lead}</p>`}</header>
          <${KeptCart} />
          ${children}
        </div>
        <aside class="door-beside" aria-labelledby="door-good">
          <h2 id="door-good" class="door-title">Your own place in the shop</h2>
          <ul class="door-list">${GOOD_FOR.map(([icon, what, words]) => html`<li key=${what}>
            <${Icon} name=${icon} /><p><strong>${what}</strong><span>${words}</span></p>
          </li>`)}</ul>
          <div class="door-keys" aria-hidden="true">${KEYS.map((kind, index) => html`<span class="door-key" data-kind=${kind} key=${index}></span>`)}</div>
        </aside>
      </div>
    </main>
    <${Toasts} />
  `;
}
