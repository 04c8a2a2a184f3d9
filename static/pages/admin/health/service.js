import { html } from "htm/preact";
import { Icon } from "../../../components/icon.js";

/** One thing that the shop needs, and how it is. @param {{name: string, ok: boolean, words: string}} props */
export function Service({ name, ok, words }) {
  return html`<li class="service" data-well=${ok ? "" : null}>
    <${Icon} name=${ok ? "check" : "warning"} />
    <span class="fact-words"><strong>${name}${!ok && ": not well"}</strong><span class="small">${words}</span></span>
  </li>`;
}
