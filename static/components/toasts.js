import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";
import { Icon } from "./icon.js";
import { useLive } from "./live_context.js";
import { Offers } from "./offers.js";

const STAYS_MS = 7_000;
const ICONS = /** @type {const} */ ({ alert: "bell", info: "info", error: "warning", done: "check" });

/** The stack of toasts: a polite live region, in the document from the start so that additions are read out. */
export function Toasts() {
  const { notices } = useLive();
  const shown = notices.shown.value;
  return html`<section class="toasts" role="status" aria-live="polite" aria-relevant="additions" aria-label="Notices">
    <${Offers} />
    ${shown.map((notice, index) => html`<${Toast} key=${notice.key} notice=${notice} behind=${index === shown.length - 1 ? index : 0} />`)}
  </section>`;
}

/** @param {{notice: import("../live/notices.js").Notice, behind: number}} props `behind`: how many a narrow window hides behind it */
function Toast({ notice, behind }) {
  const { notices } = useLive();
  const [resting, setResting] = useState(false);

  useEffect(() => {
    if (notice.tone === "alert" || resting) return undefined;
    const timer = setTimeout(() => notices.hide(notice.key), STAYS_MS);
    return () => clearTimeout(timer);
  }, [notice, notices, resting]);

  const rest = () => setResting(true);
  const leave = () => setResting(false);
  return html`<div class="toast" data-tone=${notice.tone} onMouseEnter=${rest} onMouseLeave=${leave} onFocusIn=${rest} onFocusOut=${leave}>
    <span class="toast-icon"><${Icon} name=${ICONS[notice.tone]} /></span>
    <div class="toast-words">
      <p class="toast-title">${notice.path ? html`<a href=${notice.path} onClick=${() => notices.dismiss(notice.key)}>${notice.title}</a>` : notice.title}</p>
      ${notice.text && html`<p class="toast-text">${notice.text}</p>`}
      ${behind > 0 && html`<p class="toast-behind" aria-hidden="true">and ${behind} more</p>`}
    </div>
    <button type="button" class="icon-button" onClick=${() => notices.dismiss(notice.key)} aria-label=${`Dismiss: ${notice.title}`}>
      <${Icon} name="cross" />
    </button>
  </div>`;
}

/** What is said to screen readers only: one short sentence at a time. */
export function Announcer() {
  const { notices } = useLive();
  return html`<p class="unseen" role="status" aria-live="polite">${notices.spoken}</p>`;
}
