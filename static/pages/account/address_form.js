import { html } from "htm/preact";
import { countries, likelyCountry } from "../../components/countries.js";
import { Check, Field, FormProblem, Select, Submit } from "../../components/field.js";
import { useForm } from "../../components/form.js";

/** @typedef {import("./addresses_page.js").Address} Address */

/**
 * An address: a new one, or one as it was. What it must have depends on its country, which the server knows.
 *
 * @param {{address: Address | null, name: string, first: boolean, onSend: (values: Record<string, unknown>) => Promise<void>}} props
 *   `first`: there is none yet, so goods and bills go there anyway
 */
export function AddressForm({ address, name, first, onSend }) {
  const { busy, problem, fields, form, onSubmit } = useForm(async ({ default_shipping, default_billing, phone, ...values }) => {
    await onSend({ ...values, phone: phone || null, default_shipping: default_shipping === "on", default_billing: default_billing === "on" });
  });
  const choices = countries();
  return html`<form class="form address-form" ref=${form} onSubmit=${onSubmit} novalidate>
    <${FormProblem} problem=${problem} />
    <${Field} label="Name" name="name" autocomplete="name" most=${200} value=${address?.name ?? name} problem=${fields.name} />
    <${Field} label="Street and number" name="line1" autocomplete="address-line1" most=${200} value=${address?.line1} problem=${fields.line1} />
    <${Field} label="More of the address" name="line2" autocomplete="address-line2" most=${200} value=${address?.line2} optional problem=${fields.line2} />
    <div class="form-pair">
      <${Field} label="Postal code" name="postal_code" autocomplete="postal-code" most=${20} value=${address?.postal_code} optional="unsaid" problem=${fields.postal_code} />
      <${Field} label="Town" name="city" autocomplete="address-level2" most=${100} value=${address?.city} optional="unsaid" problem=${fields.city} />
    </div>
    <${Field} label="Region or state" name="region" autocomplete="address-level1" most=${100} value=${address?.region} optional problem=${fields.region} />
    <${Select} label="Country" name="country" autocomplete="country" choices=${[["", "Choose"], ...choices]} value=${address?.country ?? likelyCountry()} problem=${fields.country} />
    <${Field} label="Phone" name="phone" type="tel" autocomplete="tel" most=${40} value=${address?.phone} optional problem=${fields.phone} />
    <${Field} label="What you call it" name="label" most=${50} value=${address?.label} optional hint="Home, say, or the office." problem=${fields.label} />
    ${!first && html`<div class="form-checks">
      ${!address?.default_shipping && html`<${Check} label="Goods go here" name="default_shipping" />`}
      ${!address?.default_billing && html`<${Check} label="Bills go here" name="default_billing" />`}
    </div>`}
    <${Submit} busy=${busy} working="Saving…">Save<//>
  </form>`;
}
