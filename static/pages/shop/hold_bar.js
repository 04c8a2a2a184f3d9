import { html } from "htm/preact";
import { useSignalEffect } from "@preact/signals";
import { useRef } from "preact/hooks";
import { clockFace, inWords } from "../../components/format.js";
import { useLive } from "../../components/live_context.js";

const SOON = 60;
const SPOKEN_AT = [120, 30];

/** How long the cart is still held. Read out only twice, so that it does not chatter. */
export function HoldBar() {
  const { cart, shop, notices } = useLive();
  const last = useRef(Infinity);
  const seconds = cart.secondsLeft();

  useSignalEffect(() => {
    const now = cart.secondsLeft();
    if (now === null) return;
    const mark = SPOKEN_AT.find((at) => last.current > at && now <= at && now > at - 5);
    if (mark !== undefined) notices.say(`Your cart is held for ${inWords(mark)} more.`);
    last.current = now;
  });

  if (seconds === null) return null;
  const share = Math.min(1, seconds / shop.facts.value.hold_seconds);
  return html`<div class="hold" data-soon=${seconds <= SOON ? "" : null}>
    <p class="hold-words">
      ${seconds > 0 ? "Held for you" : "Hold ended, releasing"}
      <span class="hold-time figures" role="timer" aria-live="off" aria-label="Time left on your hold">${clockFace(seconds)}</span>
    </p>
    <div class="hold-track" aria-hidden="true"><div class="hold-rest" style=${{ transform: `scaleX(${share})` }}></div></div>
  </div>`;
}
