import { html } from "htm/preact";
import { useLive } from "./live_context.js";
import { Icon } from "./icon.js";
import { MenuAct, MenuTheme, MenuWays, useMenu } from "./menu.js";
import { initialsOf } from "./person.js";
import { roomsOf } from "./rooms.js";
import { wayIn } from "../live/onward.js";

/** @typedef {import("./menu.js").Way} Way */

/** @type {Way[]} */
const SHOPPING = [["/listing", "Shop", "search"], ["/order/cart", "Cart", "cart"]];
/** @type {Record<string, import("./menu.js").IconName>} */
const ICONS = { "/seller": "chart", "/delivery": "truck", "/admin": "screen" };

/** Who is signed in and what is theirs, or the ways in. Where the window is narrow, all main ways are in it, too. */
export function AccountMenu() {
  const { session } = useLive();
  if (session.user.value) return html`<${OwnMenu} user=${session.user.value} />`;
  return html`<${WayIn} />`;
}

/** Signing in, while it is known that nobody is; in narrow windows a menu with that and the main ways. */
function WayIn() {
  const { place, renewal } = useLive();
  const { ref, close } = useMenu();
  /** @type {Way[]} */
  const entry = renewal.recalling.value ? [] : [[wayIn("/login", place), "Sign in", "person"], [wayIn("/register", place), "Create an account", "plus"]];
  return html`
    ${entry.length > 0 && html`<a class="button button-text sign-in" href=${wayIn("/login", place)}>Sign in</a>`}
    <div class="main-menu">
      <button type="button" class="icon-button" popovertarget="main-menu" aria-label="Menu"><${Icon} name="menu" /></button>
      <div id="main-menu" class="account-menu" popover ref=${ref}>
        <${MenuWays} label="Main" ways=${[...SHOPPING, ...entry]} close=${close} />
        <${MenuTheme} />
      </div>
    </div>
  `;
}

/** @param {{user: import("../live/types.js").User}} props */
function OwnMenu({ user }) {
  const { account, inbox, ordering } = useLive();
  const { ref, close } = useMenu();
  /** @param {boolean} everywhere */
  const leave = (everywhere) => {
    close();
    ordering.forget(); // the last order names what was bought here
    void account.signOut({ everywhere });
  };
  /** @type {Way[]} */
  const rooms = roomsOf(user.role).map(([path, words]) => [path, words, ICONS[path] ?? "box"]);
  /** @type {Way[]} */
  const own = [["/orders", "Your orders", "box"], ["/inbox", "Inbox", "bell", inbox.unread.value], ["/account", "Your account", "person"]];
  return html`<div class="account">
    <button type="button" class="account-button" popovertarget="account-menu" aria-label=${`Account: ${user.name}`}>
      <span class="avatar avatar-small" data-initials=${initialsOf(user.name)}></span>
      <span class="account-name">${user.name}</span><span class="account-more"><${Icon} name="chevron" /></span><span class="account-lines"><${Icon} name="menu" /></span>
    </button>
    <div id="account-menu" class="account-menu" popover ref=${ref}>
      <p class="account-who"><strong>${user.name}</strong><span>${user.email}</span></p>
      <${MenuWays} label="Shopping" ways=${SHOPPING} close=${close} narrow />
      ${rooms.length > 0 && html`<${MenuWays} label="Rooms" ways=${rooms} close=${close} />`}
      <${MenuWays} label="Yours" ways=${own} close=${close} />
      <${MenuTheme} />
      <div class="menu-part">
        <${MenuAct} icon="out" act=${() => leave(false)}>Sign out<//>
        <${MenuAct} icon="screen" act=${() => leave(true)}>Sign out everywhere<//>
      </div>
    </div>
  </div>`;
}
