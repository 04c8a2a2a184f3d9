import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";
import { Confirmed } from "../../components/dialog.js";
import { FormProblem } from "../../components/field.js";
import { Frame } from "../../components/frame.js";
import { useLive } from "../../components/live_context.js";
import { OrderAddress } from "../../components/orders/order_address.js";
import { OrderLines } from "../../components/orders/order_lines.js";
import { DOING, dayOf, numberOf, whyNotMoved } from "../../components/orders/order_words.js";
import { Parcels } from "../../components/orders/parcels.js";
import { Page } from "../../components/page.js";
import { ApiError } from "../../live/api.js";
import { explain } from "../../live/refusals.js";

/** @typedef {import("../../live/types.js").Order} Order */

const KEPT = "ivorycart.order_link";

/** Behind the link that a guest is sent: the order, and a way to cancel it while none of it has left. */
export function OrderLinkPage() {
  const { api, place } = useLive();
  const token = linkToken(place.token.value);
  const [found, setFound] = useState(/** @type {{token: string, order: Order} | null} */ (null));
  const [problem, setProblem] = useState("");
  const order = found?.token === token ? found.order : null; // another link may have been opened meanwhile
  useEffect(() => {
    if (!token) return;
    setProblem("");
    api.post("/api/orders/link", { token }).then(
      (answer) => setFound({ token, order: answer }),
      (error) => setProblem(whyNot(error)),
    );
  }, [api, token]);

  if (order) return html`<${Shown} order=${order} token=${token} onChange=${(/** @type {Order} */ next) => setFound({ token, order: next })} />`;
  return html`<${Frame} title="Your order">
    ${problem
      ? html`<${FormProblem} problem=${problem} />`
      : html`<p role="status">${token ? "Looking for it…" : "Open the link in our mail once more: it leads to your order."}</p>`}
    <a class="button button-main" href="/">To the shop</a>
  <//>`;
}

/** The token of the link, kept in this tab for a reload: it is taken out of the address at once. @param {string} fresh */
function linkToken(fresh) {
  if (fresh) sessionStorage.setItem(KEPT, fresh);
  return fresh || (sessionStorage.getItem(KEPT) ?? "");
}

/** @param {unknown} error */
function whyNot(error) {
  if (!(error instanceof ApiError)) throw error;
  return error.code === "invalid_token" ? "This link is not good any more." : explain(error);
}

/** @param {{order: Order, token: string, onChange: (order: Order) => void}} props */
function Shown({ order, token, onChange }) {
  const unsent = order.fulfilments.every((part) => part.status === "placed");
  return html`<${Page} title=${`Your order ${DOING[order.status] ?? order.status}`} lead=${html`Order <span class="figures">${numberOf(order)}</span> of ${dayOf(order.timestamp)}`}>
    ${order.status === "cancelled" && html`<p class="desk-done" role="status">Your order is cancelled. What you paid goes back to you.</p>`}
    <div class="order-columns">
      <section class="panel" aria-labelledby="order-what"><h2 id="order-what" class="panel-title">What you ordered</h2><${OrderLines} order=${order} /></section>
      <div class="order-side">
        <section class="panel" aria-labelledby="order-parcels"><h2 id="order-parcels" class="panel-title">Where it is</h2><${Parcels} order=${order} />
          ${unsent && html`<${CancelByLink} token=${token} onDone=${onChange} />`}
        </section>
        ${order.address && html`<section class="panel" aria-labelledby="order-address"><h2 id="order-address" class="panel-title">Where it goes</h2><${OrderAddress} address=${order.address} /></section>`}
      </div>
    </div>
  <//>`;
}

/** Asks once more before it cancels. @param {{token: string, onDone: (order: Order) => void}} props */
function CancelByLink({ token, onDone }) {
  const { api, notices } = useLive();
  const cancel = async () => {
    try {
      onDone(await api.post("/api/orders/link/cancel", { token }));
      notices.say("Your order is cancelled.");
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      notices.tell({ tone: "error", title: whyNotMoved(error) });
    }
  };
  return html`<${Confirmed} label="Cancel this order…" question="Cancel the whole order?" yes="Yes, cancel it" act=${cancel}
    words="What you paid goes back to you, and others may buy what was yours." />`;
}
