import { html } from "htm/preact";
import { Icon } from "../../../components/icon.js";

/** One thing that the shop needs, and how it is. @param {{name: string, ok: boolean, missing?: boolean, words: string}} props `missing`: there is none, which may be meant so */
export function Service({ name, ok, missing = false, words }) {
  return html`<li class="service" data-well=${ok && !missing ? "" : null} data-missing=${missing ? "" : null}>
    <${Icon} name=${ok && !missing ? "check" : "warning"} />
    <span class="fact-words"><strong>${name}${!ok && ": not well"}</strong><span class="small">${words}</span></span>
  </li>`;
}
