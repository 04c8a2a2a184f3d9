import { html } from "htm/preact";
import { useState } from "preact/hooks";
import { Check, Field, FormProblem, Select, Submit } from "../../components/field.js";
import { useForm } from "../../components/form.js";
import { useLive } from "../../components/live_context.js";
import { countries, likelyCountry } from "../../components/countries.js";
import { explain } from "../../live/refusals.js";

const DEMO = { name: "Demo Buyer", line1: "1 Quay Street", line2: "", postal_code: "H91 E2X4", city: "Galway", region: "", country: "IE" };

/** @typedef {import("../../live/types.js").CheckoutState} CheckoutState */

/**
 * A new address, kept in the address book if that is wished; a guest's with an email address.
 *
 * @param {{state: CheckoutState, guest?: boolean, onDone: () => void}} props
 */
export function AddressForm({ state, guest = false, onDone }) {
  const { checkout, mine, session, shop } = useLive();
  const [given, setGiven] = useState(/** @type {Record<string, string>} */ (beginning(state, session.user.value?.name)));
  const [turn, setTurn] = useState(0);
  const { busy, problem, fields, form, onSubmit } = useForm(async (values) => {
    const { email, save, ...address } = values;
    setGiven(values);
    if (guest) await checkout.choose({ address, email: email ?? "" });
    else if (save) await checkout.choose({ address_id: (await mine.post("/api/auth/addresses", address)).id });
    else await checkout.choose({ address });
    onDone();
  }, explain);
  const demo = () => {
    const typed = Object.fromEntries(new FormData(form.current ?? undefined));
    setGiven({ ...DEMO, name: session.user.peek()?.name ?? DEMO.name, email: String(typed.email || "guest@example.com"), save: String(typed.save ?? "") });
    setTurn(turn + 1);
  };
  /** @param {string} name */
  const about = (name) => ({ name, problem: fields[name], value: given[name] });
  return html`<form class="form address-form" key=${turn} ref=${form} onSubmit=${onSubmit} novalidate>
    <${FormProblem} problem=${problem} />
    ${shop.facts.value.demo && html`<button type="button" class="button button-quiet address-demo" onClick=${demo}>Use the demo address</button>`}
    ${guest && html`<${Field} label="Email" type="email" autocomplete="email" hint="Where we tell you what becomes of your order." ...${about("email")} />`}
    <${Field} label="Name" autocomplete="name" most=${200} ...${about("name")} />
    <${Field} label="Street and number" autocomplete="address-line1" most=${200} ...${about("line1")} />
    <${Field} label="Flat, floor, company" autocomplete="address-line2" most=${200} optional ...${about("line2")} />
    <div class="address-pair">
      <${Field} label="Postal code" autocomplete="postal-code" most=${20} ...${about("postal_code")} />
      <${Field} label="Town" autocomplete="address-level2" most=${100} ...${about("city")} />
    </div>
    <${Field} label="State or county" autocomplete="address-level1" most=${100} optional ...${about("region")} />
    <${Select} label="Country" choices=${[["", "Choose a country"], ...countries()]} ...${about("country")} />
    ${!guest && html`<${Check} label="Keep it in my address book" name="save" on=${given.save === "on"} />`}
    <${Submit} busy=${busy} working="Keeping it…">On to payment<//>
  </form>`;
}

/** @param {CheckoutState} state @param {string} [name] */
function beginning(state, name) {
  const { address, address_id: id, email } = state;
  const known = address && !id ? address : { name: name ?? "", country: likelyCountry() };
  return { ...known, email: email ?? "", save: address ? "" : "on" };
}
