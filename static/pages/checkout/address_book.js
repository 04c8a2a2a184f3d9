import { html } from "htm/preact";
import { useState } from "preact/hooks";
import { useAnswer } from "../../components/answer.js";
import { FormProblem, Submit } from "../../components/field.js";
import { useForm } from "../../components/form.js";
import { useLive } from "../../components/live_context.js";
import { OrderAddress } from "../../components/orders/order_address.js";
import { Answered } from "../../components/states.js";
import { explain } from "../../live/refusals.js";
import { AddressForm } from "./address_form.js";

/** @typedef {import("../../live/types.js").CheckoutState} CheckoutState */
/** @typedef {import("../../live/types.js").Address & {id: string, label: string, default_shipping: boolean}} Entry */

const NEW = "new";

/** One of one's addresses, or another one. @param {{state: CheckoutState, onDone: () => void}} props */
export function AddressBook({ state, onDone }) {
  const book = useAnswer("/api/auth/addresses");
  return html`<${Answered} answer=${book} rows=${3}>${(/** @type {{items: Entry[]}} */ { items }) => html`<${Choice} entries=${items} state=${state} onDone=${onDone} />`}<//>`;
}

/** @param {{entries: Entry[], state: CheckoutState, onDone: () => void}} props */
function Choice({ entries, state, onDone }) {
  const { checkout } = useLive();
  const [chosen, setChosen] = useState(() => first(entries, state));
  const { busy, problem, form, onSubmit } = useForm(async () => {
    await checkout.choose({ address_id: chosen });
    onDone();
  }, explain);
  if (entries.length === 0) return html`<section class="panel" aria-labelledby="new-address"><h2 id="new-address" class="panel-title">Your address</h2><${AddressForm} state=${state} onDone=${onDone} /></section>`;
  return html`
    <form class="form" ref=${form} onSubmit=${onSubmit} novalidate>
      <${FormProblem} problem=${problem} />
      <fieldset class="options">
        <legend class="panel-title options-title">Your addresses</legend>
        ${entries.map((entry) => html`<${Option} key=${entry.id} value=${entry.id} chosen=${chosen} onChoose=${setChosen} name=${entry.label || (entry.default_shipping ? "Usual address" : "Address")}><${OrderAddress} address=${entry} /><//>`)}
        <${Option} value=${NEW} chosen=${chosen} onChoose=${setChosen} name="Another address"><span class="soft small">Somewhere else this time</span><//>
      </fieldset>
      ${chosen !== NEW && html`<${Submit} busy=${busy} working="Keeping it…">On to payment<//>`}
    </form>
    ${chosen === NEW && html`<section class="panel" aria-labelledby="new-address"><h2 id="new-address" class="panel-title">Another address</h2><${AddressForm} state=${state} onDone=${onDone} /></section>`}
  `;
}

/**
 * One of several that exclude each other, as a card.
 *
 * @param {{value: string, chosen: string, name: string, group?: string, onChoose: (value: string) => void, children?: import("preact").ComponentChildren}} props
 */
export function Option({ value, chosen, name, group = "choice", onChoose, children }) {
  return html`<label class="option" data-on=${value === chosen ? "" : null}>
    <input class="option-box" type="radio" name=${group} value=${value} checked=${value === chosen} onChange=${() => onChoose(value)} />
    <span class="option-words"><span class="option-name">${name}</span>${children}</span>
  </label>`;
}

/** @param {Entry[]} entries @param {CheckoutState} state */
function first(entries, { address, address_id: id }) {
  if (id && entries.some((entry) => entry.id === id)) return id;
  if (address && !id) return NEW;
  return (entries.find((entry) => entry.default_shipping) ?? entries[0])?.id ?? NEW;
}
