import { html } from "htm/preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { money } from "../../components/format.js";
import { Icon } from "../../components/icon.js";
import { useLive } from "../../components/live_context.js";
import { useAct } from "./act.js";
import { parseAmount, typed } from "./amount.js";

/**
 * A price that becomes a field when it is pressed: Enter saves, Escape leaves. The new price shows at once; should it
 * be refused, the field is back with what was typed and why.
 *
 * @param {{product: import("./types.js").Own, onSaved: (product: import("./types.js").Own) => void}} props
 */
export function PriceCell({ product, onSaved }) {
  const { mine, notices } = useLive();
  const { currency, name } = product;
  const listed = product.list_price ?? product.price;
  const [text, setText] = useState(/** @type {string | null} */ (null)); // null: not being edited
  const [wished, setWished] = useState(/** @type {number | null} */ (null));
  const act = useAct();
  const button = useRef(/** @type {HTMLButtonElement | null} */ (null));
  const refocus = useRef(false);
  useEffect(() => {
    if (text === null && refocus.current) button.current?.focus();
    refocus.current = false;
  }, [text]);
  useEffect(() => setWished(null), [listed]);

  const leave = () => {
    refocus.current = true;
    act.clear();
    setText(null);
  };
  const save = async () => {
    const { minor, problem } = parseAmount(text ?? "", currency);
    if (problem !== undefined) return act.refuse(problem);
    if (minor === listed) return leave();
    const kept = text;
    leave();
    setWished(minor);
    if (await act.run(async () => onSaved(await mine.put(`/api/products/${product.id}/price`, { price: minor })))) {
      notices.say(`${name} is ${money(minor, currency)} now.`);
      return undefined;
    }
    setWished(null);
    setText(kept);
    return undefined;
  };

  if (text !== null) return html`<${PriceField} id=${product.id} name=${name} currency=${currency} text=${text} problem=${act.problem} onType=${setText} onSave=${save} onLeave=${leave} />`;
  const reduced = product.list_price !== null && wished === null;
  return html`<button ref=${button} type="button" class="own-press" data-busy=${act.busy ? "" : null}
    onClick=${() => setText(typed(wished ?? listed, currency))}>
    <span class="unseen">Price of ${name}: ${money(wished ?? listed, currency)}. Change it</span>
    <span aria-hidden="true" class="own-main figures">${money(wished ?? listed, currency)}</span>
    ${reduced && html`<span aria-hidden="true" class="own-sub figures">now ${money(product.price, currency)}</span>`}
  </button>`;
}

/**
 * @param {{id: string, name: string, currency: string, text: string, problem: string, onType: (text: string) => void,
 *   onSave: () => void, onLeave: () => void}} props
 */
function PriceField({ id, name, currency, text, problem, onType, onSave, onLeave }) {
  const field = useRef(/** @type {HTMLInputElement | null} */ (null));
  useEffect(() => field.current?.select(), []);
  useEffect(() => {
    if (problem) field.current?.focus();
  }, [problem]);
  /** @param {KeyboardEvent} event */
  const key = (event) => {
    if (event.key === "Escape") onLeave();
  };
  /** @param {SubmitEvent} event */
  const submit = (event) => {
    event.preventDefault();
    onSave();
  };
  return html`<form class="own-edit" onSubmit=${submit} onKeyDown=${key} noValidate>
    <div class="own-edit-row">
      <input ref=${field} class="own-price" inputmode="decimal" autocomplete="off" value=${text} aria-label=${`New price of ${name} in ${currency}`}
        aria-invalid=${problem ? "true" : null} aria-describedby=${problem ? `price-${id}` : null}
        onInput=${(/** @type {any} */ event) => onType(event.currentTarget.value)} />
      <button type="submit" class="icon-button" aria-label="Save the price"><${Icon} name="check" /></button>
      <button type="button" class="icon-button" aria-label="Leave the price" onClick=${onLeave}><${Icon} name="cross" /></button>
    </div>
    ${problem && html`<p class="field-problem" id=${`price-${id}`} role="alert">${problem}</p>`}
  </form>`;
}
