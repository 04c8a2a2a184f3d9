import { html } from "htm/preact";
import { useEffect, useRef } from "preact/hooks";
import { usePages } from "../../components/answer.js";
import { useHeard } from "../../components/heard.js";
import { useLive } from "../../components/live_context.js";
import { Answered, More } from "../../components/states.js";
import { KeepButton } from "./export_buttons.js";
import { askedOf, isFiltered, MovementFilters } from "./movement_filters.js";
import { MovementTable } from "./movement_table.js";
import { useNames, useOwnProducts } from "./own_products.js";
import { SellerPage } from "./ways.js";
import { OfSeller } from "./whose.js";

const KINDS = ["restock", "adjustment", "purchase", "return"];
const PATH = "/api/seller/inventory-logs";
const SETTLE_MS = 1_000;

/** What came and went of all of one's products; an admin reads any seller's. */
export function HistoryPage() {
  return html`<${SellerPage} title="Stock history" lead="What came and went, of all products. What carts hold for a while stands with each product.">
    <${OfSeller} what="movements">${(/** @type {{seller: string, admin: boolean}} */ whose) => html`<${Movements} key=${whose.seller} ...${whose} />`}<//>
  <//>`;
}

/** @param {{seller: string, admin: boolean}} props */
function Movements({ seller, admin }) {
  const { place, session } = useLive();
  const query = place.query.value;
  const asked = askedOf(query, session.user.value?.id);
  if (admin) asked.set("seller_id", seller);
  const pages = usePages(`${PATH}?${asked}`);
  const own = useOwnProducts(admin ? seller : null);
  const named = useNames(pages.items.map((/** @type {import("./types.js").Movement} */ { product_id: id }) => id), own);
  useReloadAsThingsMove(seller, pages.reload, (id) => named(id) !== undefined);
  asked.set("format", "csv");
  return html`
    <${MovementFilters} kinds=${KINDS}><${KeepButton} path=${`${PATH}?${asked}`} name="stock-history.csv">CSV<//><//>
    <${Answered} answer=${pages} rows=${8}>${() => html`
      <${MovementTable} caption="What came and went" rows=${pages.items} named=${named} filtered=${isFiltered(query)} />
      <${More} pages=${pages} what="older movements" />
    `}<//>
  `;
}

/** Something of one's own moves, or is new: read again, not more often than each second. @param {string} seller @param {() => Promise<void>} reload @param {(id: string) => boolean} isOwn */
function useReloadAsThingsMove(seller, reload, isOwn) {
  const timer = useRef(/** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined));
  const latest = useRef(reload);
  latest.current = reload;
  useEffect(() => () => clearTimeout(timer.current), []);
  const soon = () => {
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      void latest.current();
    }, SETTLE_MS);
  };
  useHeard("stock", (/** @type {{items: {id: string}[]}} */ frame) => { if (frame.items.some(({ id }) => isOwn(id))) soon(); });
  useHeard("product", ({ change, product }) => { if (change === "created" && product.seller_id === seller) soon(); });
}
