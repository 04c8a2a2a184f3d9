import { html } from "htm/preact";
import { plural } from "../../../components/format.js";
import { Tag } from "../../../components/status.js";
import { counted, readable } from "../words.js";

/** One check: what it proves, what it looked at, and what it found. @param {{check: import("./shapes.js").Check}} props */
export function Checked({ check: { check, proves, examined, total, unlisted, findings } }) {
  const seen = Object.entries(examined).map(([name, count]) => `${counted(count)} ${name.replaceAll("_", " ")}`).join(", ");
  return html`<li class="check" data-check=${check}>
    <div class="check-head"><strong>${readable(check)}</strong><${Tag} tone=${total === 0 ? "in" : "wrong"}>${total === 0 ? "Holds" : plural(total, "finding")}<//></div>
    <p class="soft small">${sentence(proves)}</p>
    <p class="soft small figures">${seen}</p>
    ${findings.length > 0 && html`<details><summary>What was found</summary>
      <ul class="facts-list findings" tabindex="0" aria-label=${`What ${readable(check).toLowerCase()} found`}>${findings.map((one) => html`<li class="fact" key=${one.document + one.message}><span class="fact-words"><strong class="breakable">${one.document}</strong><span class="small">${one.message}</span></span></li>`)}</ul>
      ${unlisted > 0 && html`<p class="soft small">And ${counted(unlisted)} more, which are not listed.</p>`}
    </details>`}
  </li>`;
}

/** @param {string} words */
function sentence(words) {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
