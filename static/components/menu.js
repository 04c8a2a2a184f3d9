import { html } from "htm/preact";
import { useRef } from "preact/hooks";
import { Icon } from "./icon.js";
import { useLive } from "./live_context.js";
import { ThemeChoice } from "./theme_choice.js";

/** @typedef {import("preact").ComponentChildren} Children */
/** @typedef {Parameters<typeof Icon>[0]["name"]} IconName */
/** @typedef {[path: string, words: string, icon: IconName, count?: number]} Way */

/** The browser's own popover, by its button: closed by Escape, a press elsewhere, or going somewhere. */
export function useMenu() {
  const ref = useRef(/** @type {HTMLElement | null} */ (null));
  return { ref, close: () => ref.current?.hidePopover() };
}

/** Where a menu leads. @param {{label: string, ways: Way[], close: () => void, narrow?: boolean}} props `narrow`: in narrow windows only */
export function MenuWays({ label, ways, close, narrow = false }) {
  const { place } = useLive();
  const here = place.path.value;
  return html`<nav class=${narrow ? "menu-part menu-narrow" : "menu-part"} aria-label=${label}>
    ${ways.map(([path, words, icon, count]) => html`<a key=${path} class="account-item" href=${path} onClick=${close}
      aria-current=${here === path.split("?")[0] ? "page" : null}>
      <${Icon} name=${icon} /><span>${words}</span>
      ${count ? html`<span class="menu-count figures">${count}<span class="unseen"> unread</span></span>` : null}
    </a>`)}
  </nav>`;
}

/** Something that a menu does. @param {{icon: IconName, act: () => void, children?: Children}} props */
export function MenuAct({ icon, act, children }) {
  return html`<button type="button" class="account-item" onClick=${act}><${Icon} name=${icon} /><span>${children}</span></button>`;
}

/** Light or dark, in a menu. */
export function MenuTheme() {
  return html`<div class="menu-part menu-theme"><span aria-hidden="true">Colours</span><${ThemeChoice} /></div>`;
}
