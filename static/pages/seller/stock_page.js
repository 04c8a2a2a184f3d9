import { html } from "htm/preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useAnswer, usePages } from "../../components/answer.js";
import { useHeard } from "../../components/heard.js";
import { useLive } from "../../components/live_context.js";
import { Answered, More } from "../../components/states.js";
import { KeepButton } from "./export_buttons.js";
import { askedOf, isFiltered, MovementFilters } from "./movement_filters.js";
import { MovementTable } from "./movement_table.js";
import { NotYours, useNotYours } from "./not_yours.js";
import { States, useLevel } from "./product_state.js";
import { StockChart } from "./stock_chart.js";
import { StockForm } from "./stock_form.js";
import { SellerPage } from "./ways.js";
import { useStaying } from "./whose.js";

const KINDS = ["restock", "adjustment", "purchase", "return", "hold", "release", "expire"];
const SETTLE_MS = 300;

/** One product's stock: over time, live, with every movement. @param {{id: string}} props */
export function StockPage({ id }) {
  const [name, setName] = useState("");
  const staying = useStaying();
  const actions = html`<a class="button button-quiet" href=${`/seller/products/${id}${staying}`}>Edit product</a>`;
  return html`<${SellerPage} title=${name || "Stock of a product"} lead="Its stock over time, and every movement." actions=${actions}><${Found} id=${id} onName=${setName} /><//>`;
}

/** @param {{id: string, onName: (name: string) => void}} props */
function Found({ id, onName }) {
  const { stock } = useLive();
  const answer = useAnswer(`/api/products/${id}`);
  const { data } = answer;
  const notYours = useNotYours(answer);
  useEffect(() => {
    if (!data) return;
    stock.apply([data]);
    if (!notYours) onName(data.name);
  }, [data, notYours, stock, onName]);
  useHeard("product", ({ change, product }) => {
    if (product.id === id && change !== "created") void answer.reload();
  });
  if (notYours) return html`<${NotYours} />`;
  return html`<${Answered} answer=${answer} rows=${6}>${(/** @type {import("./types.js").Own} */ product) => html`
    <div class="stock-top">
      <div class="stock-seen"><${Now} product=${product} /><${StockChart} product=${product} /></div>
      <section class="panel" aria-labelledby="stock-work"><h2 id="stock-work" class="panel-title">Change the stock</h2><${StockForm} product=${product} /></section>
    </div>
    <${Log} product=${product} />
  `}<//>`;
}

/** The level now, in large figures. @param {{product: import("./types.js").Own}} props */
function Now({ product }) {
  const level = useLevel(product);
  return html`<section class="panel stock-now" aria-labelledby="stock-now">
    <div class="panel-head"><h2 id="stock-now" class="panel-title">Now</h2><${States} product=${product} /></div>
    <dl class="stock-figures">
      <div><dt class="figure-name">Available</dt><dd class="figure-value figures" data-figure="available">${level.available}</dd></div>
      <div><dt class="figure-name">On hand</dt><dd class="figure-value figures" data-figure="stock">${level.stock}</dd></div>
      <div><dt class="figure-name">Held in carts</dt><dd class="figure-value figures" data-figure="held">${level.held}</dd></div>
      ${level.waiting ? html`<div><dt class="figure-name">Waiting</dt><dd class="figure-value figures">${level.waiting}</dd></div>` : null}
    </dl>
  </section>`;
}

/** @param {{product: import("./types.js").Own}} props */
function Log({ product }) {
  const { place, session } = useLive();
  const query = place.query.value;
  const asked = askedOf(query, session.user.value?.id);
  const path = `/api/products/${product.id}/inventory-logs`;
  const pages = usePages(`${path}?${asked}`);
  useReloadAsItMoves(product, pages.reload);
  asked.set("format", "csv");
  return html`<section class="stock-log" aria-labelledby="log-title">
    <div class="panel-head"><h2 id="log-title" class="panel-title">Every movement</h2><${KeepButton} path=${`${path}?${asked}`} name=${`stock-${product.sku ?? product.id}.csv`}>CSV<//></div>
    <${MovementFilters} kinds=${KINDS} />
    <${Answered} answer=${pages} rows=${5}>${() => html`<${MovementTable} caption=${`Movements of ${product.name}`} rows=${pages.items} filtered=${isFiltered(query)} /><${More} pages=${pages} what="older movements" />`}<//>
  </section>`;
}

/** @param {import("./types.js").Own} product @param {() => Promise<void>} reload */
function useReloadAsItMoves(product, reload) {
  const { version } = useLevel(product);
  const last = useRef(version);
  useEffect(() => {
    if (version <= last.current) return undefined;
    last.current = version;
    const timer = setTimeout(reload, SETTLE_MS);
    return () => clearTimeout(timer);
  }, [version, reload]);
}
