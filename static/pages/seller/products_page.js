import { html } from "htm/preact";
import { useMemo } from "preact/hooks";
import { useLive } from "../../components/live_context.js";
import { Answered, Empty, More } from "../../components/states.js";
import { usePages } from "../../components/answer.js";
import { Table } from "../../components/table.js";
import { ExportButtons } from "./export_buttons.js";
import { Finding } from "./finding.js";
import { columnsOf } from "./product_columns.js";
import { useOwnList } from "./own_list.js";
import { SellerPage } from "./ways.js";
import { OfSeller, useWhose } from "./whose.js";

/** @param {import("./types.js").Own} product */
const keyOf = ({ id }) => id;
/** @param {import("./types.js").Own} product */
const marked = ({ id, published, disabled }) => ({ "data-product": id, "data-away": !published || disabled ? "" : null });

/** What one sells: found, priced and counted without leaving the table; an admin works on any seller's. */
export function ProductsPage() {
  const { seller, admin } = useWhose();
  const actions = seller && html`<${ExportButtons} path="/api/products/export" name="products" query=${admin ? `&seller_id=${encodeURIComponent(seller)}` : ""} />
    ${!admin && html`<a class="button button-main" href="/seller/products/new">New product</a>`}`;
  return html`<${SellerPage} title=${admin ? "A seller's products" : "Your products"} lead="Press a price or a level to change it. Shoppers see it at once." actions=${actions}>
    <${OfSeller} what="products">${(/** @type {{seller: string, admin: boolean}} */ whose) => html`<${Shelf} key=${whose.seller} ...${whose} />`}<//>
  <//>`;
}

/** @param {{seller: string, admin: boolean}} props */
function Shelf({ seller, admin }) {
  const { place } = useLive();
  const query = place.query.value;
  const pages = usePages(pathOf(query, admin ? seller : null));
  const { items: list, learn } = useOwnList(pages, seller);
  const columns = useMemo(() => columnsOf(learn, admin ? `?seller=${encodeURIComponent(seller)}` : ""), [learn, admin, seller]);
  const filtered = query.has("q") || query.has("state");
  return html`
    <${Finding} />
    <${Answered} answer=${pages} rows=${6}>${() => list.length === 0 && !pages.next
      ? html`<${Nothing} filtered=${filtered} admin=${admin} />`
      : html`
        ${list.some((one) => !fits(one, query.get("state"))) && html`<p class="soft small" role="status">What you change here stays in sight until you choose anew, though it is not “${query.get("state") === "hidden" ? "hidden" : "on show"}” any more.</p>`}
        <div class="own-table"><${Table} caption="Your products" columns=${columns} rows=${list} rowKey=${keyOf} rowProps=${marked} /></div>
        <${More} pages=${pages} what="more products" />`}<//>
  `;
}

/** Whether a product still is what was asked for. @param {import("./types.js").Own} product @param {string | null} state */
function fits({ published, disabled }, state) {
  if (state === "on_show") return published && !disabled;
  return state !== "hidden" || !published;
}

/** @param {URLSearchParams} query @param {string | null} seller for an admin */
function pathOf(query, seller) {
  const asked = new URLSearchParams({ limit: "50" });
  for (const name of ["q", "state"]) {
    const value = query.get(name)?.trim();
    if (value) asked.set(name, value);
  }
  if (!seller) return `/api/products/my-products?${asked}`;
  asked.set("seller_id", seller);
  return `/api/admin/products?${asked}`;
}

/** @param {{filtered: boolean, admin: boolean}} props */
function Nothing({ filtered, admin }) {
  if (filtered) return html`<${Empty} title="None of the products is like that."><p>Try fewer words, or another state.</p><//>`;
  if (admin) return html`<${Empty} title="This shelf is empty."><p>What this seller adds appears here by itself.</p><//>`;
  return html`<${Empty} title="Your shelf is empty.">
    <p>Write your first product, or bring a whole list in at once.</p>
    <p class="page-actions"><a class="button button-quiet" href="/seller/products/new">New product</a><a class="button button-text" href="/seller/import">Import a list</a></p>
  <//>`;
}
