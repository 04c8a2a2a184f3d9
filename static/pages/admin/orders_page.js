import { html } from "htm/preact";
import { useAct } from "../../components/acting.js";
import { usePages } from "../../components/answer.js";
import { money, plural } from "../../components/format.js";
import { Icon } from "../../components/icon.js";
import { useLive } from "../../components/live_context.js";
import { Answered, Empty, More } from "../../components/states.js";
import { Status } from "../../components/status.js";
import { Table } from "../../components/table.js";
import { Choice, Day, FilterBar, useFilters, Words } from "./filters.js";
import { OrderDialog } from "./orders/order_dialog.js";
import { Desk } from "./ways.js";
import { moment, orderNumber } from "./words.js";

/** @typedef {import("./orders/shapes.js").AdminOrder} AdminOrder */

/** @type {[string, string][]} */
const STATUSES = [["pending", "Being paid"], ["placed", "Placed"], ["shipped", "On its way"], ["delivered", "Delivered"], ["completed", "Completed"], ["cancelled", "Cancelled"], ["refunded", "Refunded"]];

/** Administration: everybody's orders. */
export function OrdersPage() {
  return html`<${Desk} title="Orders" actions=${html`<${Keep} />`}>${() => html`<${Orders} />`}<//>`;
}

function useOrderFilters() {
  return useFilters("/api/admin/orders", ["q", "status", "from", "to"]);
}

/** The list as a file. */
function Keep() {
  const { mine } = useLive();
  const { busy, run } = useAct();
  const { query } = useOrderFilters();
  const keep = () => run(() => mine.keep(`/api/admin/orders/export${query && `?${query}`}`, "orders.csv"), "The file is ready.");
  return html`<button type="button" class="button button-quiet" aria-disabled=${busy} onClick=${keep}><${Icon} name="down" />${busy ? "Writing…" : "Keep as CSV"}</button>`;
}

function Orders() {
  const { place } = useLive();
  const filters = useOrderFilters();
  const pages = usePages(filters.path);
  const open = place.query.value.get("order");
  const changed = (/** @type {AdminOrder} */ order) => pages.set((known) => known && { ...known, items: known.items.map((one) => (one.id === order.id ? { ...one, ...order } : one)) });
  return html`
    <${FilterBar} filters=${filters}>
      <${Words} filters=${filters} name="q" label="Search" hint="Number, buyer, product" />
      <${Choice} filters=${filters} name="status" label="Status" choices=${STATUSES} all="Any status" />
      <${Day} filters=${filters} name="from" label="From" />
      <${Day} filters=${filters} name="to" label="To" />
    <//>
    <${Answered} answer=${pages} rows=${8}>${() => (pages.items.length === 0 && !pages.next
      ? html`<${Empty} title="No orders found">Numbers, buyers and products are found by how they begin.<//>`
      : html`<${Table} caption="Orders" columns=${columns((id) => place.ask({ order: id }))} rows=${pages.items} rowKey=${(/** @type {AdminOrder} */ one) => one.id} /><${More} pages=${pages} what="older orders" />`)}<//>
    ${open && html`<${OrderDialog} key=${open} id=${open} listed=${pages.items.find(({ id }) => id === open)} onClose=${() => place.ask({ order: null })} onChanged=${changed} />`}
  `;
}

/** @param {(id: string) => void} open */
function columns(open) {
  return [
    { title: "Order", head: true, cell: (/** @type {AdminOrder} */ one) => html`<button type="button" class="row-link figures" onClick=${() => open(one.id)}>${orderNumber(one.id)}</button>` },
    { title: "Placed", cell: (/** @type {AdminOrder} */ one) => html`<span class="figures">${moment(one.timestamp)}</span>` },
    { title: "Buyer", words: true, cell: (/** @type {AdminOrder} */ one) => html`<span class="fact-words"><span>${one.address?.name ?? "Somebody"}</span><span class="soft small breakable">${one.email ?? "no address kept"}</span></span>` },
    { title: "What", words: true, cell: (/** @type {AdminOrder} */ one) => summary(one) },
    { title: "Total", numeric: true, cell: (/** @type {AdminOrder} */ one) => money(one.total_amount, one.currency) },
    { title: "Status", cell: (/** @type {AdminOrder} */ one) => html`<${Status} status=${one.status} />` },
  ];
}

/** @param {AdminOrder} order */
function summary({ product_list: [first, ...others] }) {
  if (!first) return "Nothing";
  return others.length > 0 ? `${first.name} and ${plural(others.length, "other")}` : first.name;
}
