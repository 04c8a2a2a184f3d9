import { html } from "htm/preact";
import { useRef } from "preact/hooks";
import { Ago } from "../../components/ago.js";
import { Icon } from "../../components/icon.js";
import { useLive } from "../../components/live_context.js";
import { wordsOf } from "../../live/news.js";

/** @typedef {import("../../live/types.js").News} News */

const day = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const DAY_MS = 86_400_000;

/** What was told, by days, the newest first; what comes while one looks slides in. @param {{items: News[], onRead: (ids: string[]) => void}} props */
export function NewsList({ items, onRead }) {
  const { clock } = useLive();
  const first = useRef(new Set(items.map(({ id }) => id)));
  const newest = useRef(items[0]?.at ?? "");
  /** @type {Map<string, News[]>} */
  const days = new Map();
  for (const item of items) {
    const called = dayOf(new Date(item.at), new Date(clock.now()));
    days.set(called, [...(days.get(called) ?? []), item]);
  }
  return html`<div class="news-days">${[...days].map(([called, told]) => html`<section key=${called}>
    <h2 class="news-day">${called}</h2>
    <ul class="news">${told.map((item) => html`<${Row} key=${item.id} item=${item} onRead=${() => onRead([item.id])}
      fresh=${!first.current.has(item.id) && item.at > newest.current} />`)}</ul>
  </section>`)}</div>`;
}

/** @param {{item: News, fresh: boolean, onRead: () => void}} props */
function Row({ item, fresh, onRead }) {
  const { title, text, path, icon } = wordsOf(item);
  const visit = () => { if (!item.seen) onRead(); };
  return html`<li class=${fresh ? "news-row news-fresh" : "news-row"} data-kind=${item.kind} data-unread=${item.seen ? null : ""}>
    <span class="row-icon"><${Icon} name=${icon} /></span>
    <div class="news-words">
      <p class="news-title">${path ? html`<a href=${path} onClick=${visit}>${title}</a>` : title}${!item.seen && html` <span class="news-new">New</span>`}</p>
      ${text && html`<p class="soft small">${text}</p>`}
      <p class="soft small news-time"><${Ago} at=${item.at} /></p>
    </div>
    ${!item.seen && html`<button type="button" class="icon-button" onClick=${onRead} aria-label=${`Mark as read: ${title}`} title="Mark as read"><${Icon} name="check" /></button>`}
  </li>`;
}

/** @param {Date} time @param {Date} now the server's */
function dayOf(time, now) {
  const days = Math.round((midnight(now) - midnight(time)) / DAY_MS);
  if (days <= 0) return "Today";
  return days === 1 ? "Yesterday" : day.format(time);
}

/** @param {Date} time */
function midnight(time) {
  return new Date(time.getFullYear(), time.getMonth(), time.getDate()).getTime();
}
