import { html } from "htm/preact";
import { useEffect, useRef } from "preact/hooks";
import { usePages } from "../../components/answer.js";
import { useHeard } from "../../components/heard.js";
import { useLive } from "../../components/live_context.js";
import { Answered, Empty, More } from "../../components/states.js";
import { Table } from "../../components/table.js";
import { Choice, FilterBar, useFilters, Words } from "./filters.js";
import { columns } from "./products/columns.js";
import { useSellers } from "./sellers.js";
import { Desk } from "./ways.js";

/** @typedef {import("./products/columns.js").AdminProduct} AdminProduct */

/** @type {[string, string][]} */
const STATES = [["on_show", "On show"], ["hidden", "Withdrawn by the seller"], ["disabled", "Disabled"], ["low", "Low"], ["out", "Out of stock"]];
const SETTLES_MS = 600; // one change comes in several messages

/** Administration: everybody's products, with their live levels. */
export function ProductsPage() {
  return html`<${Desk} title="Products">${() => html`<${Products} />`}<//>`;
}

function Products() {
  const { stock } = useLive();
  const filters = useFilters("/api/admin/products", ["q", "state", "seller_id"]);
  const pages = usePages(filters.path);
  const sellers = useSellers();
  const { items } = pages;

  useEffect(() => stock.apply(items), [stock, items]);
  useReadAgain(items, pages.reload);
  const changed = (/** @type {AdminProduct} */ product) => pages.set((known) => known && { ...known, items: known.items.map((one) => (one.id === product.id ? product : one)) });
  return html`
    <${FilterBar} filters=${filters}>
      <${Words} filters=${filters} name="q" label="Search" hint="Words of a name" />
      <${Choice} filters=${filters} name="state" label="State" choices=${STATES} all="Any state" />
      <${Choice} filters=${filters} name="seller_id" label="Seller" choices=${[...sellers]} all="Any seller" />
    <//>
    <${Answered} answer=${pages} rows=${8}>${() => (items.length === 0 && !pages.next
      ? html`<${Empty} title="No products found">Try fewer words, or another state.<//>`
      : html`<${Table} caption="Products" columns=${columns(sellers, changed)} rows=${items} rowKey=${(/** @type {AdminProduct} */ one) => one.id} /><${More} pages=${pages} what="more products" />`)}<//>
  `;
}

/** Read the list again a moment after something in it has changed elsewhere. @param {AdminProduct[]} items @param {() => void} reload */
function useReadAgain(items, reload) {
  const timer = useRef(/** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined));
  useEffect(() => () => clearTimeout(timer.current), []);
  useHeard("product", ({ product }) => {
    if (!items.some(({ id }) => id === product.id)) return;
    clearTimeout(timer.current);
    timer.current = setTimeout(reload, SETTLES_MS);
  });
}
