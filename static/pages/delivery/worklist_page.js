import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";
import { useLive } from "../../components/live_context.js";
import { Members, Page } from "../../components/page.js";
import { Answered, Empty } from "../../components/states.js";
import { useBringing } from "./bringing.js";
import { DoneList } from "./done_list.js";
import { OrderRow } from "./order_row.js";
import { OrderSheet } from "./order_sheet.js";
import { SignalChoice } from "./signal_choice.js";
import { Tabs } from "./tabs.js";
import { useWorklist } from "./watching.js";
import { whereTo } from "./worklist.js";

/** @typedef {import("./worklist.js").DeliveryOrder} DeliveryOrder */
/** @typedef {{order: DeliveryOrder, step: "look" | "hand over"}} Looking */

const NEWS_STAYS_MS = 8_000;
const LEADS = { available: "What nobody brings yet, newest first.", mine: "What you are on the way with.", done: "What you have brought." };

/** What there is to bring. */
export function WorklistPage() {
  return html`<${Members} roles=${["delivery", "admin"]} title="Deliveries">${() => html`<${Worklist} />`}<//>`;
}

function Worklist() {
  const { place, connection } = useLive();
  const worklist = useWorklist();
  const bringing = useBringing(worklist);
  const [looking, setLooking] = useState(/** @type {Looking | null} */ (null));
  const which = whichOf(place.query.value.get("which"));
  const { data, news, setNews } = worklist;
  const away = connection.state.value !== "live" && connection.state.value !== "connecting";

  useEffect(() => {
    if (!news) return undefined;
    const timer = setTimeout(() => setNews(""), NEWS_STAYS_MS);
    return () => clearTimeout(timer);
  }, [news, setNews]);

  return html`
    <${Page} title="Deliveries" lead=${LEADS[which]} actions=${html`<${SignalChoice} />`} nav=${html`<${Tabs} which=${which} available=${data?.available_count ?? null} mine=${data?.mine_count ?? null} />`}>
      ${away && html`<p class="bring-away">No connection. What you see may be old, and nothing can be sent until you are back.</p>`}
      <p class="bring-news" role="status">${news}</p>
      ${which === "done" ? html`<${DoneList} mine=${data?.mine_count ?? 0} />` : html`<${Answered} answer=${worklist}>${() => rows()}<//>`}
    <//>
    ${looking && sheet(looking)}
  `;

  function rows() {
    const list = (which === "mine" ? data?.mine : data?.available) ?? [];
    if (list.length === 0) return nothing();
    const more = ((which === "mine" ? data?.mine_count : data?.available_count) ?? 0) - list.length;
    return html`<ul class="bring-list">${list.map(row)}</ul>${more > 0 && html`<p class="soft">And ${more} older ones, which move up here as these go.</p>`}`;
  }

  function nothing() {
    if (which === "mine") return html`<${Empty} title="You bring nothing right now">What you take stands here, with its address and what is in it. <a href="/delivery">See what is to take</a><//>`;
    return html`<${Empty} title="Nothing to take right now">As soon as a seller sends something it appears here by itself.<//>`;
  }

  /** @param {DeliveryOrder} order */
  function row(order) {
    const open = (/** @type {Looking["step"]} */ step) => {
      worklist.seen(order.id);
      setLooking({ order, step });
    };
    const own = which === "mine";
    const act = own ? () => open("hand over") : () => void bringing.take(order);
    return html`<${OrderRow} key=${order.id} order=${order} fresh=${!own && worklist.fresh.has(order.id)} busy=${bringing.busy}
      act=${own ? "Delivered…" : "Take"} name=${own ? `Delivered: ${whereTo(order)}` : `Take ${whereTo(order)}`}
      onOpen=${() => open("look")} onAct=${act} />`;
  }

  /** @param {Looking} what */
  function sheet({ order: shown, step }) {
    const own = data?.mine.find(({ id }) => id === shown.id);
    const free = data?.available.find(({ id }) => id === shown.id);
    const order = (which === "mine" ? own ?? free : free ?? own) ?? shown;
    const whose = order === own ? "me" : order === free ? "nobody" : "gone";
    const close = () => setLooking(null);
    const closeIf = async (/** @type {Promise<boolean>} */ act) => { if (await act) close(); };
    return html`<${OrderSheet} order=${order} whose=${whose} step=${step} busy=${bringing.busy} onClose=${close}
      onStep=${(/** @type {Looking["step"]} */ next) => setLooking({ order, step: next })}
      onTake=${() => closeIf(bringing.take(order))} onLeave=${() => closeIf(bringing.leave(order))}
      onHandOver=${(/** @type {string[]} */ sellers, /** @type {string} */ note) => closeIf(bringing.handOver(order, sellers, note))} />`;
  }
}

/** @param {string | null} asked @returns {import("./tabs.js").Which} */
function whichOf(asked) {
  return asked === "mine" || asked === "done" ? asked : "available";
}
