import { html } from "htm/preact";
import { useSignalEffect } from "@preact/signals";
import { useRef } from "preact/hooks";
import { inWords } from "../format.js";
import { useLive } from "../live_context.js";
import { HoldRing, isSoon } from "./hold_ring.js";

const SPOKEN_AT = [120, 30];

/** How long the cart is still held, and what that means. Read out only twice, so that it does not chatter. */
export function HoldBar() {
  const { cart } = useLive();
  const seconds = cart.secondsLeft();
  useHoldSpoken();
  if (seconds === null) return null;
  // Nobody is hurried to order what cannot be ordered as it is.
  const stuck = seconds > 0 && cart.orderable.value.length < cart.lines.value.length;
  return html`<div class="hold" data-soon=${isSoon(seconds) && !stuck ? "" : null}>
    <${HoldRing} seconds=${seconds} />
    <p class="hold-words"><strong>${stuck ? "Held for you" : title(seconds)}</strong><span>${stuck ? "To order, remove what is not for sale." : meaning(seconds)}</span></p>
  </div>`;
}

/** Have it read out when a hold nears its end. */
export function useHoldSpoken() {
  const { cart, notices } = useLive();
  const last = useRef(Infinity);
  useSignalEffect(() => {
    const now = cart.secondsLeft();
    if (now === null) return;
    const mark = SPOKEN_AT.find((at) => last.current > at && now <= at && now > at - 5);
    if (mark !== undefined) notices.say(`Your cart is held for ${inWords(mark)} more.`);
    last.current = now;
  });
}

/** @param {number} seconds */
function title(seconds) {
  if (seconds === 0) return "Hold ended, releasing";
  return isSoon(seconds) ? "Last minute" : "Held for you";
}

/** @param {number} seconds */
function meaning(seconds) {
  if (seconds === 0) return "It goes back on the shelf.";
  return isSoon(seconds) ? "Order now, or it goes back on the shelf." : "Nobody else can buy it meanwhile.";
}
