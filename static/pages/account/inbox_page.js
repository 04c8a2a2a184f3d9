import { html } from "htm/preact";
import { useEffect, useRef } from "preact/hooks";
import { usePages } from "../../components/answer.js";
import { Select } from "../../components/field.js";
import { Icon } from "../../components/icon.js";
import { useLive } from "../../components/live_context.js";
import { Members, Page } from "../../components/page.js";
import { Answered, Empty, More } from "../../components/states.js";
import { kindsFor } from "../../live/news.js";
import { NewsList } from "./news_list.js";

/** @typedef {import("../../live/types.js").News} News */

/** What was told, newest first. */
export function InboxPage() {
  return html`<${Members} title="Inbox">${() => html`<${Content} />`}<//>`;
}

/** @param {URLSearchParams} query */
function questionOf(query) {
  const asked = new URLSearchParams({ limit: "20" });
  if (query.get("show") === "unread") asked.set("seen", "false");
  const kind = query.get("kind");
  if (kind && /^[a-z_]{1,40}$/.test(kind)) asked.set("kind", kind);
  return `/api/notifications?${asked}`;
}

function Content() {
  const { inbox, notices, place } = useLive();
  const pages = usePages(questionOf(place.query.value));
  useReadAgain(inbox.news.value, pages.reload);

  /** Shown at once; where the server does not hear of it, what it knows is shown again. @param {string[] | null} ids null: all */
  const read = async (ids) => {
    const show = () => pages.set((known) => known && { ...known, items: known.items.map((/** @type {News} */ one) => (ids === null || ids.includes(one.id) ? { ...one, seen: true } : one)) });
    show();
    const heard = await inbox.read(ids);
    if (heard) show(); // the list may have been read anew in between, before the server knew
    notices.settled(ids);
    if (!heard) {
      notices.tell({ tone: "error", title: "The shop did not answer. Try again in a moment." });
      await pages.reload();
    } else if (ids === null) notices.say("All is marked as read.");
  };

  const unread = inbox.unread.value;
  const all = html`<button type="button" class="button button-quiet" aria-disabled=${unread === 0} onClick=${() => { if (unread > 0) void read(null); }}><${Icon} name="check" />Mark all as read</button>`;
  return html`<${Page} title="Inbox" lead=${unread ? `${unread} unread.` : "You have read it all."} actions=${all} narrow>
    <${Filters} />
    <${Answered} answer=${pages} rows=${5}>${() => (pages.items.length > 0
      ? html`<${NewsList} items=${pages.items} onRead=${read} /><${More} pages=${pages} what="older ones" />`
      : html`<${Nothing} />`)}<//>
  <//>`;
}

/** Read a list again when there is news of it. @param {number} news @param {() => Promise<void>} reload */
function useReadAgain(news, reload) {
  const known = useRef(news);
  useEffect(() => {
    if (news === known.current) return;
    known.current = news;
    void reload();
  }, [news, reload]);
}

function Filters() {
  const { place, session } = useLive();
  const only = place.query.value.get("show") === "unread";
  const kind = place.query.value.get("kind") ?? "";
  return html`<div class="bar inbox-bar">
    <div class="chips" role="group" aria-label="Show">
      <button type="button" class="chip" aria-pressed=${!only} onClick=${() => place.ask({ show: null })}>All</button>
      <button type="button" class="chip" aria-pressed=${only} onClick=${() => place.ask({ show: "unread" })}>Unread</button>
    </div>
    <${Select} label="About" name="kind" quiet value=${kind} choices=${[["", "About anything"], ...kindsFor(session.user.value?.role ?? "")]} onChoose=${(/** @type {string} */ value) => place.ask({ kind: value })} />
  </div>`;
}

function Nothing() {
  const { place } = useLive();
  const filtered = place.query.value.has("show") || place.query.value.has("kind");
  if (filtered) {
    return html`<${Empty} title="Nothing of that kind"><p>Nothing here fits what you chose above.</p>
      <button type="button" class="button button-quiet" onClick=${() => place.ask({ show: null, kind: null })}>Show everything</button><//>`;
  }
  return html`<${Empty} title="Nothing here yet">
    <p>We tell you when an order moves, when something in your cart runs out, and when what you waited for is back.</p>
    <a class="button button-quiet" href="/listing">To the shop</a>
  <//>`;
}
