import { html } from "htm/preact";
import { useEffect, useRef } from "preact/hooks";
import { usePages } from "../../components/answer.js";
import { Select } from "../../components/field.js";
import { useHeard } from "../../components/heard.js";
import { useLive } from "../../components/live_context.js";
import { useProductsOf } from "../../components/orders/known_lines.js";
import { Members, Page } from "../../components/page.js";
import { Answered, Empty, More } from "../../components/states.js";
import { OrderCard } from "./order_card.js";

const SETTLED_MS = 350;

/** @type {[string, string][]} */
const STATUSES = [["", "All orders"], ["pending,placed", "Not sent yet"], ["shipped", "On their way"], ["delivered,completed", "Arrived"], ["cancelled,refunded", "Cancelled or refunded"]];

/** What was ordered, newest first. */
export function OrdersPage() {
  return html`<${Members} title="Your orders">${() => html`<${Orders} />`}<//>`;
}

function Orders() {
  const { place } = useLive();
  const status = place.query.value.get("status") ?? "";
  const q = place.query.value.get("q") ?? "";
  const asked = new URLSearchParams({ limit: "12", ...(status && { status }), ...(q && { q }) });
  const pages = usePages(`/api/orders/my-orders?${asked}`);
  useHeard("order", ({ order }) => {
    const known = pages.items.some(({ id }) => id === order.id);
    if (known) pages.set((list) => list && { ...list, items: list.items.map((one) => (one.id === order.id ? order : one)) });
    else void pages.reload(); // this choice may have it now
  });
  // A new one, of another tab or device, has no earlier status: it is news only.
  useHeard("notification", ({ order_id: id }) => { if (id && !pages.items.some((one) => one.id === id)) void pages.reload(); });
  useProductsOf(pages.items);
  const chosen = status !== "" || q !== "";
  return html`<${Page} title="Your orders" narrow>
    <div class="bar" role="search">
      <${Search} q=${q} onAsk=${(/** @type {string} */ text) => place.ask({ q: text || null })} />
      <${Select} label="Which" name="status" choices=${STATUSES} value=${status} onChoose=${(/** @type {string} */ one) => place.ask({ status: one || null })} />
    </div>
    <${Answered} answer=${pages} rows=${5}>${() => (pages.items.length === 0 ? html`<${Nothing} chosen=${chosen} />` : html`
      <ul class="order-cards">${pages.items.map((order) => html`<${OrderCard} key=${order.id} order=${order} />`)}</ul>
      <${More} pages=${pages} what="older orders" />
    `)}<//>
  <//>`;
}

/** @param {{q: string, onAsk: (text: string) => void}} props */
function Search({ q, onAsk }) {
  const timer = useRef(/** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined));
  useEffect(() => () => clearTimeout(timer.current), []);
  /** @param {Event} event */
  const typed = (event) => {
    const text = /** @type {HTMLInputElement} */ (event.currentTarget).value.trim();
    clearTimeout(timer.current);
    timer.current = setTimeout(() => onAsk(text), SETTLED_MS);
  };
  return html`<div class="field order-search"><label for="order-search">Search</label>
    <input id="order-search" type="search" placeholder="Product or order number" defaultValue=${q} maxlength="200" autocomplete="off" onInput=${typed} /></div>`;
}

/** @param {{chosen: boolean}} props */
function Nothing({ chosen }) {
  if (chosen) return html`<${Empty} title="None of your orders fits."><p>Try fewer words, or another choice.</p><//>`;
  return html`<${Empty} title="Nothing ordered yet"><p>What you order shows up here, and you can follow it to your door.</p><a class="button button-quiet" href="/listing">To the shop</a><//>`;
}
