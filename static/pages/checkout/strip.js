import { html } from "htm/preact";
import { Icon } from "../../components/icon.js";
import { useLive } from "../../components/live_context.js";
import { HoldRing, isSoon } from "../../components/cart/hold_ring.js";
import { useHoldSpoken } from "../../components/cart/hold_bar.js";

/** @type {[string, string, string][]} */
const STEPS = [["address", "/order/address", "Address"], ["payment", "/order/payment", "Payment"], ["summary", "/order/summary", "Summary"]];

/**
 * The steps of the checkout, those that are done with a way back, and the hold: always in sight.
 *
 * @param {{step: string, state: import("../../live/types.js").CheckoutState | null}} props
 */
export function Strip({ step, state }) {
  const here = STEPS.findIndex(([name]) => name === step);
  /** @param {number} index */
  const reached = (index) => index < here || (index === here + 1 && ((step === "address" && state?.address) || (step === "payment" && state?.method)));
  return html`<div class="strip">
    <nav class="steps" aria-label="Checkout">
      <ol class="steps-list">${STEPS.map(([name, path, words], index) => html`<li class="steps-one" key=${name} data-done=${index < here ? "" : null} aria-current=${index === here ? "step" : null}>
        ${reached(index) && index < here ? html`<a class="steps-way" href=${path}><${Mark} index=${index} done /><span class="steps-name">${words}</span></a>`
          : html`<span class="steps-way"><${Mark} index=${index} /><span class="steps-name">${words}</span></span>`}
      </li>`)}</ol>
    </nav>
    <${Held} />
  </div>`;
}

/** @param {{index: number, done?: boolean}} props */
function Mark({ index, done = false }) {
  return html`<span class="steps-mark figures" aria-hidden="true">${done ? html`<${Icon} name="check" />` : index + 1}</span>${done && html`<span class="unseen">Done: </span>`}`;
}

function Held() {
  const { cart } = useLive();
  const seconds = cart.secondsLeft();
  useHoldSpoken();
  if (seconds === null) return null;
  return html`<p class="strip-held" data-soon=${isSoon(seconds) ? "" : null}><span class="strip-words">${seconds === 0 ? "Hold ended" : isSoon(seconds) ? "Last minute" : "Held for you"}</span><${HoldRing} seconds=${seconds} small /></p>`;
}
