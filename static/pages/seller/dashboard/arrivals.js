import { html } from "htm/preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { money } from "../../../components/format.js";
import { Icon } from "../../../components/icon.js";
import { Status } from "../../../components/status.js";
import { useStaying } from "../whose.js";
import { chime, chiming, turnChime } from "./chime.js";

/**
 * @typedef {import("./shapes.js").Dashboard} Dashboard
 * @typedef {import("./shapes.js").SellerOrder} SellerOrder
 */

const SHOWN = 8;
const today = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const earlier = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const DAY_MS = 86_400_000;

/** The latest orders; one that comes now enters at the top, and rings where that is wanted. @param {{data: Dashboard}} props */
export function Arrivals({ data }) {
  const arrived = useArrived(data);
  const also = useStaying().replace("?", "&");
  return html`<section class="panel arrivals" aria-labelledby="arrivals">
    <div class="panel-head">
      <h2 class="panel-title" id="arrivals">Latest orders</h2>
      <button type="button" class="icon-button" aria-pressed=${chiming.value} aria-label="Sound when an order arrives"
        title=${chiming.value ? "Sound is on" : "Sound is off"} onClick=${turnChime}><${Icon} name=${chiming.value ? "sound" : "silent"} /></button>
    </div>
    ${data.orders.length === 0 && html`<p class="soft">No orders yet. The next one appears here by itself.</p>`}
    <ol class="lines">${data.orders.slice(0, SHOWN).map((order) => html`<${Arrival} key=${order.id} order=${order} now=${Date.parse(data.server_time)} fresh=${arrived.has(order.id)} />`)}</ol>
    ${data.orders.length > 0 && html`<a class="button button-text" href=${`/seller/orders?show=all${also}`}>All orders</a>`}
  </section>`;
}

/**
 * Which of the orders have come while this was open. A break of the connection does not hide them: what was missed
 * enters, too, once it is told.
 *
 * @param {Dashboard} data
 */
function useArrived({ seller_id, orders }) {
  const known = useRef(/** @type {{seller: string, ids: Set<string>, newest: string}} */ ({ seller: "", ids: new Set(), newest: "" }));
  const [arrived, setArrived] = useState(/** @type {Set<string>} */ (new Set()));
  useEffect(() => {
    const before = known.current;
    const newest = orders[0]?.timestamp ?? "";
    const ids = new Set(orders.map(({ id }) => id));
    known.current = { seller: seller_id, ids: before.seller === seller_id ? new Set([...before.ids, ...ids]) : ids, newest: newest > before.newest ? newest : before.newest };
    if (before.seller !== seller_id) return;
    const news = orders.filter(({ id, timestamp }) => !before.ids.has(id) && timestamp >= before.newest);
    if (news.length === 0) return;
    setArrived((all) => new Set([...all, ...news.map(({ id }) => id)]));
    chime();
  }, [seller_id, orders]);
  return arrived;
}

/** @param {{order: SellerOrder, now: number, fresh: boolean}} props */
function Arrival({ order, now, fresh }) {
  const at = new Date(order.timestamp);
  const also = useStaying().replace("?", "&");
  const things = order.product_list.map(({ name, quantity }) => (quantity > 1 ? `${quantity} × ${name}` : name)).join(", ");
  return html`<li class="line-row arrival" data-order=${order.id} data-arrived=${fresh ? "" : null}>
    <div class="line-words">
      <p class="line-name">${things}</p>
      <p class="soft small figures"><time datetime=${order.timestamp}>${(now - at.getTime() < DAY_MS ? today : earlier).format(at)}</time> · <a href=${`/seller/orders?show=all&q=${order.id}${also}`}>${order.id.slice(-8).toUpperCase()}</a></p>
    </div>
    <div class="arrival-end"><strong class="figures">${money(order.total_amount, order.currency)}</strong><${Status} status=${order.status} /></div>
  </li>`;
}
