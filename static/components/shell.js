import { html } from "htm/preact";
import { AccountMenu } from "./account_menu.js";
import { Bell } from "./bell.js";
import { CartButton } from "./cart/cart_button.js";
import { ConnectionPill } from "./connection_pill.js";
import { Foot } from "./foot.js";
import { useLive } from "./live_context.js";
import { Mark } from "./mark.js";
import { roomsOf } from "./rooms.js";
import { Announcer } from "./toasts.js";

/**
 * What every room of the house has: ways to skip, the head with the ways, the connection's state, the cart and the
 * account, the page, the announcer.
 *
 * @param {{skips: [string, string][], children?: import("preact").ComponentChildren}} props
 */
export function Shell({ skips, children }) {
  return html`
    ${skips.map(([anchor, words]) => html`<a class="skip" key=${anchor} href=${anchor}>${words}</a>`)}
    <header class="head">
      <div class="head-inner">
        <a class="brand" href="/" aria-label="IvoryCart"><${Mark} /><span class="brand-name">IvoryCart</span></a>
        <${MainWays} />
        <div class="head-end"><${ConnectionPill} /><${Bell} /><${CartButton} /><${AccountMenu} /></div>
      </div>
    </header>
    ${children}
    <${Foot} />
    <${Announcer} />
  `;
}

/** The house's main ways; where the window is narrow they are in the account's menu. */
function MainWays() {
  const { place, session } = useLive();
  const user = session.user.value;
  const rooms = user ? roomsOf(user.role) : [];
  /** @type {[string, string][]} */
  const ways = [["/listing", "Shop"], ...(user ? /** @type {[string, string][]} */ ([["/orders", "Orders"]]) : []), ...rooms];
  const here = place.path.value;
  return html`<nav class="main-ways" aria-label="Main">
    ${ways.map(([path, words]) => html`<a key=${path} class=${rooms.some(([room]) => room === path) ? "main-way main-way-room" : "main-way"} href=${path} aria-current=${here === path || here.startsWith(`${path}/`) ? "page" : null}>${words}</a>`)}
  </nav>`;
}
