import { html } from "htm/preact";
import { useEffect, useRef } from "preact/hooks";
import { Icon } from "../../components/icon.js";
import { money } from "../../components/format.js";
import { useLive } from "../../components/live_context.js";

/** @typedef {import("../../live/types.js").CheckoutState} CheckoutState */

/** What stands in the order's way, each with what can be done about it. @param {{state: CheckoutState}} props */
export function Obstacles({ state }) {
  const { ordering, cart } = useLive();
  const found = ordering.obstacle.value;
  const seen = useRef(state.total_amount);
  const box = useRef(/** @type {HTMLDivElement | null} */ (null));
  useEffect(() => { if (found) box.current?.focus(); }, [found]);
  const currency = state.currency ?? "EUR";
  const dearer = found?.code === "price_changed" || state.problems.some(({ code }) => code === "price_changed");
  const lines = state.problems.filter(({ product_id: id }) => id !== null);
  const short = found?.code === "insufficient_stock" && found.product ? { code: "insufficient_stock", product_id: found.product } : null;
  const all = short && !lines.some(({ product_id: id }) => id === short.product_id) ? [...lines, short] : lines;
  const other = found && !["price_changed", "payment_declined"].includes(found.code) && all.length === 0 ? found.words : "";
  if (!dearer && !other && all.length === 0) return null;
  return html`<div class="obstacles" role="alert" tabindex="-1" ref=${box}>
    ${dearer && html`<div class="obstacle"><${Icon} name="info" /><div><p class="obstacle-title">The total changed</p>
      <p>${seen.current === state.total_amount ? "It" : `It was ${money(seen.current, currency)}; it`} is <strong class="figures">${money(state.total_amount, currency)}</strong> now. Nothing was ordered yet: pay the new total, or change your cart.</p></div></div>`}
    ${all.map(({ code, product_id: id }) => html`<${LineObstacle} key=${id} code=${code} line=${cart.lines.value.find((line) => line.product_id === id)} available=${found?.product === id ? found?.available : undefined} />`)}
    ${other && html`<div class="obstacle"><${Icon} name="warning" /><p>${other}</p></div>`}
  </div>`;
}

/** @param {{code: string, line?: import("../../live/types.js").CartLine, available?: number}} props */
function LineObstacle({ code, line, available }) {
  const { claims, ordering } = useLive();
  if (!line) return null;
  const { product_id: id, quantity } = line;
  const left = Math.max(0, Math.min(quantity, available ?? line.available));
  const gone = code === "not_for_sale" || left === 0;
  /** @param {number} to */
  const lower = (to) => {
    ordering.obstacle.value = null;
    claims.change(id, to - quantity);
  };
  return html`<div class="obstacle"><${Icon} name="warning" /><div>
    <p class="obstacle-title">${line.name || "Something in your cart"}</p>
    <p>${code === "not_for_sale" ? "It is not for sale any more." : `You wanted ${quantity}, and ${left > 0 ? `only ${left} ${left === 1 ? "is" : "are"} left` : "none is left"} just now.`}</p>
    <button type="button" class="button button-quiet" onClick=${() => lower(gone ? 0 : left)}>${gone ? "Take it out" : `Take ${left} instead`}</button>
  </div></div>`;
}
