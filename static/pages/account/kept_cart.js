import { html } from "htm/preact";
import { clockFace } from "../../components/format.js";
import { useLive } from "../../components/live_context.js";
import { Picture } from "../../components/picture.js";

const MOST_PICTURES = 4;

/** The cart that is held now: it stays held, and becomes the account's. Nothing where there is none. */
export function KeptCart() {
  const { cart, products, session } = useLive();
  const lines = cart.lines.value.filter(({ name }) => name);
  const count = cart.count.value;
  if (session.user.value || lines.length === 0) return null;
  const seconds = cart.secondsLeft();
  return html`<div class="kept">
    <div class="kept-pictures" aria-hidden="true">${lines.slice(0, MOST_PICTURES).map((line) => html`<span class="kept-picture" key=${line.product_id}>
      <${Picture} name=${line.name} category=${products.byId.value.get(line.product_id)?.category} image=${line.image} decorative />
    </span>`)}</div>
    <p class="kept-words">
      <strong>${count === 1 ? "The one thing in your cart comes with you." : `${count} things in your cart come with you.`}</strong>
      ${seconds !== null && html`<span>Held for you for <span class="figures" role="timer" aria-live="off" aria-label="Time left">${clockFace(seconds)}</span></span>`}
    </p>
  </div>`;
}
