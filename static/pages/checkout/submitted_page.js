import { html } from "htm/preact";
import { useEffect } from "preact/hooks";
import { useAnswer } from "../../components/answer.js";
import { Icon } from "../../components/icon.js";
import { useLive } from "../../components/live_context.js";
import { OrderAddress } from "../../components/orders/order_address.js";
import { OrderLines } from "../../components/orders/order_lines.js";
import { numberOf } from "../../components/orders/order_words.js";
import { Members, Page } from "../../components/page.js";
import { Answered } from "../../components/states.js";

/** @typedef {import("../../live/types.js").Order} Order */

/** The order as it was placed: also after a reload, for the account that placed it or in the tab of the guest who did. @param {{id: string}} props */
export function SubmittedPage({ id }) {
  const { ordering } = useLive();
  const placed = ordering.order.value;
  useEffect(() => () => { if (ordering.phase.peek() === "done") ordering.close(); }, [ordering]);
  const known = placed?.id === id ? placed : ordering.guests(id);
  if (known) return html`<${Placed} order=${known} />`;
  return html`<${Members} title="Your order">${() => html`<${Looked} id=${id} />`}<//>`;
}

/** @param {{id: string}} props */
function Looked({ id }) {
  const order = useAnswer(`/api/orders/${id}`);
  if (order.data) return html`<${Placed} order=${order.data} />`;
  return html`<${Page} title="Your order"><${Answered} answer=${order} rows=${4}>${() => null}<//><//>`;
}

/** @param {{order: Order}} props */
function Placed({ order }) {
  const guest = order.buyer_id === null;
  const seal = html`<span class="seal"><${Icon} name="check" /></span>`;
  return html`<${Page} nav=${seal} title="Ordered. Thank you." lead=${html`Order <strong class="figures">${numberOf(order)}</strong>`}>
    <div class="placed" data-order=${order.id}>
      <section class="panel" aria-labelledby="placed-what"><h2 id="placed-what" class="panel-title">What you ordered</h2><${OrderLines} order=${order} total="Paid" /></section>
      <div class="order-side">
        <section class="panel" aria-labelledby="placed-next"><h2 id="placed-next" class="panel-title">What happens next</h2><${Next} order=${order} guest=${guest} /></section>
        ${order.address && html`<section class="panel" aria-labelledby="placed-where"><h2 id="placed-where" class="panel-title">Where it goes</h2><${OrderAddress} address=${order.address} /></section>`}
      </div>
    </div>
  <//>`;
}

/** @param {{order: Order, guest: boolean}} props */
function Next({ order, guest }) {
  const { shop } = useLive();
  const several = order.fulfilments.length > 1;
  return html`<ol class="next-steps">
    ${shop.facts.value.mails && html`<li><span class="next-icon"><${Icon} name="mail" /></span><span>A mail confirms your order${guest ? ". The link in it leads back to it, and cancels it while nothing has left" : ""}.</span></li>`}
    <li><span class="next-icon"><${Icon} name="box" /></span><span>${several ? `${order.fulfilments.length} sellers pack it: it comes in ${order.fulfilments.length} parcels.` : "The seller packs it."} You can cancel until then.</span></li>
    <li><span class="next-icon"><${Icon} name="truck" /></span><span>It is on its way, and you can follow each step.</span></li>
  </ol>
  ${!guest && html`<a class="button button-main" href=${`/orders/${order.id}`}>Follow your order</a>`}
  <a class=${guest ? "button button-main" : "button button-quiet"} href="/listing">Keep shopping</a>`;
}
