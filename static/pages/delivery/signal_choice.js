import { html } from "htm/preact";
import { Icon } from "../../components/icon.js";
import { signalBy, signalling } from "./signal.js";

/** Whether a new order is heard and felt. */
export function SignalChoice() {
  const on = signalling.value;
  return html`<button type="button" class="chip signal-choice" aria-pressed=${on} onClick=${() => signalBy(!on)}>
    <${Icon} name=${on ? "sound" : "silent"} />Signal new ones
  </button>`;
}
