import { html } from "htm/preact";
import { Icon } from "../../components/icon.js";

/** @typedef {"available" | "mine" | "done"} Which */

/** The three lists; at the bottom edge where the window is narrow. @param {{which: Which, available: number | null, mine: number | null}} props */
export function Tabs({ which, available, mine }) {
  return html`<nav class="lists" aria-label="Lists">
    ${tab("available", "/delivery", "box", "To take", available)}
    ${tab("mine", "/delivery?which=mine", "truck", "Mine", mine)}
    ${tab("done", "/delivery?which=done", "check", "Done", null)}
  </nav>`;

  /** @param {Which} one @param {string} href @param {"box" | "truck" | "check"} icon @param {string} words @param {number | null} count */
  function tab(one, href, icon, words, count) {
    return html`<a class="list-way" href=${href} aria-current=${which === one ? "page" : null}>
      <${Icon} name=${icon} /><span>${words}</span>${count !== null && html`<span class="list-count figures">${count}</span>`}
    </a>`;
  }
}
