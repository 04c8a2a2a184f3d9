import { signal } from "@preact/signals";

const KEPT = "ivorycart.delivery.signal";
const NOTES = [659.25, 880]; // hertz: two rising tones
const NOTE_SECONDS = 0.16;

/** Whether a new order is told by a sound and, on a phone, by shaking it. */
export const signalling = signal(localStorage.getItem(KEPT) === "on");

/** @type {AudioContext | undefined} */
let audio;

/** Switch it on or off; it is heard at once, so that one knows what to listen for. @param {boolean} on */
export function signalBy(on) {
  signalling.value = on;
  localStorage.setItem(KEPT, on ? "on" : "off");
  if (on) signalled();
}

/** Signal that there is something new, if that is wanted. A browser that nobody has touched yet stays silent. */
export function signalled() {
  if (!signalling.peek()) return;
  if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.([90, 60, 90]);
  audio ??= new AudioContext();
  if (audio.state === "suspended") void audio.resume();
  for (const [index, pitch] of NOTES.entries()) tone(audio, pitch, audio.currentTime + index * NOTE_SECONDS);
}

/** @param {AudioContext} context @param {number} pitch @param {number} at seconds of the context */
function tone(context, pitch, at) {
  const sound = context.createOscillator();
  const loudness = context.createGain();
  sound.frequency.value = pitch;
  loudness.gain.setValueAtTime(0, at);
  loudness.gain.linearRampToValueAtTime(0.18, at + 0.02);
  loudness.gain.exponentialRampToValueAtTime(0.001, at + NOTE_SECONDS * 2);
  sound.connect(loudness).connect(context.destination);
  sound.start(at);
  sound.stop(at + NOTE_SECONDS * 2);
}
