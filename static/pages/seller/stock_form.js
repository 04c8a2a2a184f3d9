import { html } from "htm/preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useLive } from "../../components/live_context.js";
import { useAct } from "./act.js";
import { useLevel } from "./product_state.js";

const MOST = 2_147_483_647;

/** What a seller does to a level: how it is asked for, and told. */
const WORK = {
  restock: { title: "Delivery", label: "How many came", hint: "What is added to the shelf.", save: "Add them", least: 1 },
  adjustment: { title: "Count", label: "How many there are", hint: "All that you counted, with what carts hold.", save: "Save the count", least: 0 },
};

/**
 * Writing down a delivery, or what was counted.
 *
 * @param {{product: import("./types.js").Own, onDone?: () => void}} props `onDone`: once it is written, or left
 */
export function StockForm({ product, onDone }) {
  const { mine, stock, notices } = useLive();
  const [kind, setKind] = useState(/** @type {keyof typeof WORK} */ ("restock"));
  const act = useAct();
  const level = useLevel(product);
  const form = useRef(/** @type {HTMLFormElement | null} */ (null));
  const number = () => /** @type {HTMLInputElement | null} */ (form.current?.querySelector('[name="number"]') ?? null);
  useEffect(() => {
    if (onDone && !act.problem) form.current?.scrollIntoView({ block: "nearest" }); // opened in the last row in sight
    if (onDone || act.problem) number()?.focus();
  }, [act.problem]);
  const work = WORK[kind];

  /** @param {SubmitEvent} event */
  const submit = async (event) => {
    event.preventDefault();
    if (act.busy || !form.current) return;
    const said = new FormData(form.current);
    const count = Number(String(said.get("number")).trim() || NaN);
    if (!Number.isInteger(count) || count < work.least || count > MOST) {
      act.refuse(`Type a whole number, ${work.least} or more.`);
      return;
    }
    const body = { change_type: kind, reason: String(said.get("reason")).trim(), ...(kind === "restock" ? { delta: count } : { quantity: count }) };
    const done = await act.run(async () => stock.apply([await mine.post(`/api/products/${product.id}/stock`, body)]));
    if (!done) return;
    notices.say(`${product.name}: ${stock.level(product.id).peek()?.stock} on hand.`);
    form.current?.reset();
    onDone?.();
  };

  /** @param {KeyboardEvent} event */
  const key = (event) => {
    if (event.key === "Escape") onDone?.();
  };
  const id = `stock-${product.id}`;
  return html`<form ref=${form} class="stock-form" onSubmit=${submit} onKeyDown=${key} aria-label=${`Stock of ${product.name}`} noValidate>
    <div class="stock-kinds" role="group" aria-label="What happened">
      ${/** @type {(keyof typeof WORK)[]} */ (Object.keys(WORK)).map((one) => html`<button key=${one} type="button" class="chip" aria-pressed=${kind === one}
        onClick=${() => { setKind(one); act.clear(); }}>${WORK[one].title}</button>`)}
    </div>
    <div class="field">
      <label for=${id}>${work.label}</label>
      <input id=${id} name="number" type="text" inputmode="numeric" autocomplete="off" placeholder=${kind === "adjustment" ? level.stock : null}
        aria-invalid=${act.problem ? "true" : null} aria-describedby=${`${id}-note`} />
      <p id=${`${id}-note`} class=${act.problem ? "field-problem" : "field-hint"} role=${act.problem ? "alert" : null}>${act.problem || work.hint}</p>
    </div>
    <div class="field">
      <label for=${`${id}-why`}>${kind === "restock" ? "From whom" : "Why"} <span class="field-optional">optional</span></label>
      <input id=${`${id}-why`} name="reason" type="text" maxlength="500" autocomplete="off" />
    </div>
    <div class="stock-acts">
      <button type="submit" class="button button-quiet" aria-disabled=${act.busy}>${act.busy ? "Saving" : work.save}</button>
      ${onDone && html`<button type="button" class="button button-text" onClick=${onDone}>Cancel</button>`}
    </div>
  </form>`;
}
