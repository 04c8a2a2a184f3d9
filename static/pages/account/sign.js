import { html } from "htm/preact";
import { Icon } from "../../components/icon.js";

/** The round sign above a card with one thing to do. @param {{icon: Parameters<typeof Icon>[0]["name"]}} props */
export function Sign({ icon }) {
  return html`<span class="sign" data-icon=${icon} aria-hidden="true"><${Icon} name=${icon} /></span>`;
}
