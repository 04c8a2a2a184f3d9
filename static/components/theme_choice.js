import { html } from "htm/preact";
import { Icon } from "./icon.js";
import { theme } from "./theme.js";

const CHOICES = /** @type {const} */ ([["system", "As the device", "screen"], ["light", "Light", "sun"], ["dark", "Dark", "moon"]]);

/** Light, dark, or as the device says. */
export function ThemeChoice() {
  return html`<div class="theme-choice" role="group" aria-label="Colours">
    ${CHOICES.map(([value, words, icon]) => html`<button key=${value} type="button" class="icon-button" aria-label=${words} title=${words}
      aria-pressed=${theme.value === value} onClick=${() => { theme.value = value; }}><${Icon} name=${icon} /></button>`)}
  </div>`;
}
