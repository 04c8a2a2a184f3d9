import { signal } from "@preact/signals";

const KEPT = "ivorycart.seller.chime";
const NOTES = [[659.25, 0], [987.77, 0.14]]; // E5, then B5: hertz, seconds
const LASTS = 0.55;
const LOUD = 0.16;

/** @type {AudioContext | null} */
let audio = null;

/** Whether an order that arrives is heard: off until somebody wants it, then remembered. */
export const chiming = signal(localStorage.getItem(KEPT) === "on");

/** Switch the sound on (and hear it) or off. Called by a press: browsers let a page sound only after one. */
export function turnChime() {
  chiming.value = !chiming.peek();
  if (chiming.peek()) localStorage.setItem(KEPT, "on");
  else localStorage.removeItem(KEPT);
  chime();
}

/** Two short notes, if they are wanted and this window was pressed before. */
export function chime() {
  if (!chiming.peek() || !navigator.userActivation?.hasBeenActive) return;
  audio ??= new AudioContext();
  void audio.resume();
  for (const [pitch, after] of NOTES) struck(audio, /** @type {number} */ (pitch), audio.currentTime + /** @type {number} */ (after));
}

/** One note, like a struck key: at once loud, then fading. @param {AudioContext} context @param {number} pitch @param {number} at */
function struck(context, pitch, at) {
  const note = new OscillatorNode(context, { type: "triangle", frequency: pitch });
  const volume = new GainNode(context, { gain: 0 });
  volume.gain.setValueAtTime(0, at);
  volume.gain.linearRampToValueAtTime(LOUD, at + 0.012);
  volume.gain.exponentialRampToValueAtTime(0.0001, at + LASTS);
  note.connect(volume).connect(context.destination);
  note.start(at);
  note.stop(at + LASTS);
}
