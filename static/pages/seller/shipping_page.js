import { html } from "htm/preact";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { usePages } from "../../components/answer.js";
import { plural } from "../../components/format.js";
import { useHeard, useWatch } from "../../components/heard.js";
import { useLive } from "../../components/live_context.js";
import { Answered, Empty, More } from "../../components/states.js";
import { KeepButton } from "./export_buttons.js";
import { pathOf, useAsked } from "./shipping/asked.js";
import { Filters } from "./shipping/filters.js";
import { Part } from "./shipping/part.js";
import { Slips } from "./shipping/slips.js";
import { SellerPage } from "./ways.js";
import { OfSeller } from "./whose.js";

/**
 * @typedef {import("./shipping/shapes.js").SellerPart} SellerPart
 * @typedef {import("./shipping/asked.js").Asked} Asked
 */

const PAUSE_MS = 800;

/** What is to be sent, what was, and what came back of it; an admin looks at any seller's. */
export function ShippingPage() {
  return html`<${SellerPage} title="Orders to ship"><${OfSeller} what="orders">${(/** @type {{seller: string, admin: boolean}} */ { seller, admin }) => html`<${Orders} key=${seller} seller=${seller} admin=${admin} />`}<//><//>`;
}

/** @param {{seller: string, admin: boolean}} props */
function Orders({ seller, admin }) {
  const { notices, session } = useLive();
  const asked = useAsked();
  const pages = usePages(pathOf(asked, { seller, admin }));
  const [printing, setPrinting] = useState(/** @type {SellerPart[] | null} */ (null));
  const printed = useCallback(() => setPrinting(null), []);
  useFollowed(seller, pages.reload);
  const done = (/** @type {string} */ words) => {
    notices.tell({ tone: "done", title: words });
    void pages.reload();
  };
  const desk = { seller, admin, done };
  const items = /** @type {SellerPart[]} */ (pages.items);
  return html`
    <${Filters} asked=${asked} />
    <${Answered} answer=${pages}>${() => html`
      <div class="parts-head">
        <p class="soft" role="status">${pages.next ? `The ${asked.order} ${items.length}` : plural(items.length, "order")}</p>
        <div class="choices">
          ${asked.show === "ship" && items.length > 1 && html`<button type="button" class="button button-text" onClick=${() => setPrinting(items)}>Print ${plural(items.length, "slip")}</button>`}
          <${KeepButton} path=${pathOf(asked, { seller, admin }, true)} name="orders.csv" lead="" soft>Export as CSV<//>
        </div>
      </div>
      ${items.length === 0 && html`<${Nothing} asked=${asked} />`}
      <div class="parts">${items.map((part) => html`<${Part} key=${part.id} part=${part} desk=${desk} onPrint=${() => setPrinting([part])} />`)}</div>
      <${More} pages=${pages} what=${asked.order === "oldest" ? "newer orders" : "older orders"} />
    `}<//>
    ${printing && html`<${Slips} parts=${printing} seller=${admin ? "IvoryCart" : (session.user.value?.name ?? "")} onPrinted=${printed} />`}
  `;
}

/** Read the list again when something of this seller's moved, a little later so that a rush is one question. @param {string} seller @param {() => Promise<void>} reload */
function useFollowed(seller, reload) {
  const timer = useRef(/** @type {ReturnType<typeof setTimeout> | null} */ (null));
  const latest = useRef(reload);
  latest.current = reload;
  useWatch("seller:watch", { period: "24h", seller_id: seller });
  const follow = () => {
    timer.current ??= setTimeout(() => {
      timer.current = null;
      void latest.current();
    }, PAUSE_MS);
  };
  useHeard("seller:order", follow);
  useHeard("seller:metrics", ({ complete }) => { if (complete) follow(); }); // orders may have been missed
  useEffect(() => () => { if (timer.current) clearTimeout(timer.current); }, []);
}

/** @param {{asked: Asked}} props */
function Nothing({ asked }) {
  if (asked.q || asked.from || asked.to) return html`<${Empty} title="Nothing found"><p>No order of this kind. Try other words or other days.</p><//>`;
  if (asked.show === "ship") return html`<${Empty} title="All sent"><p>Nothing waits to be shipped. New orders appear here by themselves.</p><//>`;
  return html`<${Empty} title="No orders yet"><p>They appear here as soon as somebody buys.</p><//>`;
}
