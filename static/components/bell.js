import { html } from "htm/preact";
import { useRef } from "preact/hooks";
import { Icon } from "./icon.js";
import { useLive } from "./live_context.js";

const MOST_SAID = 99;

/** The way to the inbox, with how much in it is unread; for whoever is signed in. It swings when something comes. */
export function Bell() {
  const { inbox, place, session } = useLive();
  const before = useRef(0);
  const unread = inbox.unread.value;
  const more = unread > before.current;
  before.current = unread;
  if (!session.user.value) return null;
  return html`<a class="icon-button bell" href="/inbox" aria-label=${unread ? `Inbox, ${unread} unread` : "Inbox"} aria-current=${place.path.value === "/inbox" ? "page" : null}>
    <span class=${more ? "bell-body bell-rings" : "bell-body"} key=${more ? unread : 0}><${Icon} name="bell" /></span>
    ${unread > 0 && html`<span class="bell-count figures" aria-hidden="true">${unread > MOST_SAID ? `${MOST_SAID}+` : unread}</span>`}
  </a>`;
}
