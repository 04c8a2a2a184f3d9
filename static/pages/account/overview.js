import { html } from "htm/preact";
import { useAnswer } from "../../components/answer.js";
import { plural } from "../../components/format.js";
import { Icon } from "../../components/icon.js";
import { useLive } from "../../components/live_context.js";
import { Status } from "../../components/status.js";

/** The ways to what is one's own, each with how it stands. */
export function Overview() {
  const { inbox, session } = useLive();
  const orders = useAnswer("/api/orders/my-orders?limit=1").data;
  const addresses = useAnswer("/api/auth/addresses").data;
  const devices = useAnswer("/api/auth/sessions").data;
  const unread = inbox.unread.value;
  const last = orders?.items[0];
  const home = addresses?.items.find((/** @type {any} */ one) => one.default_shipping);
  const others = devices && devices.items.length - 1;
  return html`<section class="tiles" aria-label="What is yours">
    <${Tile} path="/orders" icon="box" title="Orders">${orders && (last ? html`The last one: <${Status} status=${last.status} />` : "None yet.")}<//>
    <${Tile} path="/inbox" icon="bell" title="Inbox">${unread ? `${unread} unread` : "All read."}<//>
    <${Tile} path="/account/addresses" icon="pin" title="Addresses">${addresses && (home ? `Goods go to ${home.city || home.line1}.` : "None yet.")}<//>
    <${Tile} path="/account/sessions" icon="phone" title="Devices">${devices && (others ? `This one, and ${plural(others, "other")}.` : "This one only.")}<//>
    <${Tile} path="/account/notifications" icon="mail" title="What we tell you">Here and by mail.<//>
    <${Tile} path="/account/password" icon="key" title="Password and email">${session.user.value?.email}<//>
  </section>`;
}

/**
 * @param {{path: string, icon: Parameters<typeof Icon>[0]["name"], title: string, children?: import("preact").ComponentChildren}} props
 */
function Tile({ path, icon, title, children }) {
  return html`<a class="tile" href=${path}>
    <span class="tile-icon"><${Icon} name=${icon} /></span>
    <span class="tile-words"><strong>${title}</strong><span class="tile-fact">${children || html`<span class="waiting waiting-line"></span>`}</span></span>
    <${Icon} name="next" />
  </a>`;
}
