import { html } from "htm/preact";
import { useState } from "preact/hooks";
import { clockFace } from "./format.js";
import { Icon } from "./icon.js";
import { useLive } from "./live_context.js";

/** What is kept for this shopper, each with its countdown: stands until it is taken, declined, or over. */
export function Offers() {
  const { lines } = useLive();
  return lines.offers.value.map((place) => html`<${Offer} key=${place.product_id} place=${place} />`);
}

/** @param {{place: import("../live/types.js").Place}} props */
function Offer({ place }) {
  const { lines } = useLive();
  return html`<div class="toast offer" data-tone="done" data-offer=${place.product_id}>
    <span class="toast-icon"><${Icon} name="bell" /></span>
    <div class="toast-words">
      <p class="toast-title">${place.name} is back</p>
      <p class="toast-text">One is kept for you: <${Countdown} until=${place.expires_at} /></p>
      <${TakeIt} place=${place} />
    </div>
    <button type="button" class="icon-button" onClick=${() => lines.leave(place.product_id)} aria-label=${`Leave ${place.name} to the next in line`}>
      <${Icon} name="cross" />
    </button>
  </div>`;
}

/** @param {{until?: string | null}} props */
export function Countdown({ until }) {
  const { clock } = useLive();
  const seconds = clock.secondsUntil(until);
  if (seconds === null) return null;
  return html`<span class="figures offer-time" role="timer" aria-live="off" aria-label="Time left to take it">${clockFace(seconds)}</span>`;
}

/** @param {{place: import("../live/types.js").Place}} props */
export function TakeIt({ place }) {
  const { lines } = useLive();
  const [busy, setBusy] = useState(false);
  const take = async () => {
    if (busy) return;
    setBusy(true);
    await lines.take(place.product_id);
    setBusy(false);
  };
  return html`<button type="button" class="button button-main" aria-disabled=${busy} onClick=${take} aria-label=${`Take it: ${place.name}`}>Take it</button>`;
}
