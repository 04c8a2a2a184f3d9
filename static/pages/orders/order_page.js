import { html } from "htm/preact";
import { useEffect, useRef } from "preact/hooks";
import { useAnswer } from "../../components/answer.js";
import { money } from "../../components/format.js";
import { useHeard } from "../../components/heard.js";
import { useLive } from "../../components/live_context.js";
import { OrderAddress } from "../../components/orders/order_address.js";
import { OrderLines } from "../../components/orders/order_lines.js";
import { DOING, dayOf, minuteOf, numberOf } from "../../components/orders/order_words.js";
import { Parcels } from "../../components/orders/parcels.js";
import { Timeline } from "../../components/orders/timeline.js";
import { Frame } from "../../components/frame.js";
import { Members, Page } from "../../components/page.js";
import { Answered } from "../../components/states.js";
import { CancelPart, CancelWhole, OrderAgain, Received } from "./acts.js";

/** @typedef {import("../../live/types.js").Order} Order */

const LATER_MS = 2_500; // what follows a step (payments, mails) is written a moment after it

/** One order and what became of it. @param {{id: string}} props */
export function OrderPage({ id }) {
  return html`<${Members} title="Your order">${() => html`<${Looked} id=${id} />`}<//>`;
}

/** @param {{id: string}} props */
function Looked({ id }) {
  const { session } = useLive();
  const answer = useAnswer(`/api/orders/${encodeURIComponent(id)}`);
  const timeline = useAnswer(`/api/orders/${encodeURIComponent(id)}/timeline`);
  const later = useRef(/** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined));
  const followed = () => {
    void timeline.reload();
    clearTimeout(later.current);
    later.current = setTimeout(() => void timeline.reload(), LATER_MS);
  };
  useEffect(() => {
    later.current = setTimeout(() => void timeline.reload(), LATER_MS);
    return () => clearTimeout(later.current);
  }, [timeline.reload]);
  /** @param {Order} order */
  const change = (order) => {
    answer.set(order);
    followed();
  };
  useHeard("order", ({ order }) => { if (order.id === id) change(order); });

  if (answer.code === "not_found" || answer.code === "validation") return html`<${Lost} />`;
  const order = /** @type {Order | null} */ (answer.data);
  if (!order) return html`<${Page} title="Your order"><${Answered} answer=${answer} rows=${5}>${() => null}<//><//>`;
  if (order.buyer_id !== session.user.value?.id) return html`<${NotYours} />`;
  return html`<${Shown} order=${order} timeline=${timeline} onChange=${change} />`;
}

function Lost() {
  return html`<${Frame} title="There is no such order"><p>It may be of another account.</p><a class="button button-main" href="/orders">Your orders</a><//>`;
}

function NotYours() {
  return html`<${Frame} title="Not an order of yours"><p>You see orders here that you placed yourself.</p><a class="button button-main" href="/orders">Your orders</a><//>`;
}

/** @param {{order: Order, timeline: any, onChange: (order: Order) => void}} props */
function Shown({ order, timeline, onChange }) {
  const lead = html`Order <strong class="figures">${numberOf(order)}</strong> of ${dayOf(order.timestamp)}`;
  const several = order.fulfilments.length > 1;
  const nav = html`<nav class="order-back" aria-label="Back"><a class="button button-text" href="/orders">All your orders</a></nav>`;
  return html`<${Page} nav=${nav} title=${`Your order ${DOING[order.status] ?? order.status}`} lead=${lead} actions=${html`<${OrderAgain} order=${order} /><${CancelWhole} order=${order} onChange=${onChange} />`}>
    <div class="order-columns">
      <div class="order-side">
        <section class="panel" aria-labelledby="order-parcels"><h2 id="order-parcels" class="panel-title">Where it is</h2>
          <${Parcels} order=${order} acts=${(/** @type {any} */ part) => html`<${Received} order=${order} part=${part} onChange=${onChange} />${several && html`<${CancelPart} order=${order} part=${part} onChange=${onChange} />`}`} />
        </section>
        <section class="panel" aria-labelledby="order-what"><h2 id="order-what" class="panel-title">What you ordered</h2><${OrderLines} order=${order} /><${Refunds} order=${order} /></section>
        ${order.address && html`<section class="panel" aria-labelledby="order-where"><h2 id="order-where" class="panel-title">Where it goes</h2><${OrderAddress} address=${order.address} /></section>`}
      </div>
      <section class="panel" aria-labelledby="order-story"><h2 id="order-story" class="panel-title">What happened</h2>
        <${Answered} answer=${timeline} rows=${5}>${(/** @type {{items: any[]}} */ { items }) => html`<${Timeline} entries=${items} order=${order} />`}<//>
      </section>
    </div>
  <//>`;
}

/** @param {{order: Order}} props */
function Refunds({ order }) {
  if (order.refunds.length === 0) return null;
  return html`<ul class="refunds">${order.refunds.map((refund) => html`<li key=${refund.id}>
    <strong class="figures">${money(refund.amount, order.currency)}</strong> given back on <span class="figures">${minuteOf(refund.at)}</span>${refund.reason && html`: “${refund.reason}”`}
  </li>`)}</ul>`;
}
