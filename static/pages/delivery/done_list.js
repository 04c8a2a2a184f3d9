import { html } from "htm/preact";
import { useEffect, useRef } from "preact/hooks";
import { usePages } from "../../components/answer.js";
import { plural } from "../../components/format.js";
import { Answered, Empty, More } from "../../components/states.js";
import { Status } from "../../components/status.js";
import { loadOf } from "./worklist.js";

/** @typedef {import("./worklist.js").DeliveryOrder} DeliveryOrder */

const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });

/** What one has brought, newest order first. @param {{mine: number}} props `mine`: how many one brings now; where it changes, the list does too */
export function DoneList({ mine }) {
  const pages = usePages("/api/orders/delivery-orders?which=done");
  const { reload } = pages;
  const before = useRef(mine);
  useEffect(() => {
    if (before.current !== mine) void reload();
    before.current = mine;
  }, [mine, reload]);
  return html`<${Answered} answer=${pages} rows=${5}>${() => (pages.items.length === 0 && !pages.next
    ? html`<${Empty} title="Nothing brought yet">What you hand over is kept here.<//>`
    : html`<ul class="bring-list">${pages.items.map((order) => html`<${Done} key=${order.id} order=${order} />`)}</ul><${More} pages=${pages} what="older ones" />`)}<//>`;
}

/** @param {{order: DeliveryOrder}} props */
function Done({ order }) {
  const { address, parts } = order;
  const status = parts.find((part) => part.status !== "delivered")?.status ?? "delivered";
  return html`<li class="bring bring-done" data-order=${order.id}>
    <div class="bring-words">
      <span class="bring-name">${address?.name ?? "Address not to be read now"}</span>
      ${address && html`<span class="bring-city">${address.line1}, ${address.postal_code} ${address.city}</span>`}
      <span class="soft small figures">Ordered ${day.format(new Date(order.timestamp))} · ${plural(loadOf(order).pieces, "piece")}</span>
      ${[...new Set(parts.map((part) => part.note).filter(Boolean))].map((note) => html`<span class="small" key=${note}>“${note}”</span>`)}
    </div>
    <${Status} status=${status} />
  </li>`;
}
