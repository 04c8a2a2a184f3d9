import { html } from "htm/preact";
import { Check, Field, Select, TextArea } from "../../components/field.js";
import { useAnswer } from "../../components/answer.js";
import { useLive } from "../../components/live_context.js";

const COMMON = ["EUR", "USD", "GBP", "CHF", "SEK", "NOK", "DKK", "PLN", "CZK", "JPY", "CAD", "AUD"];

/**
 * The fields of a product, in two groups: what shoppers read, and how it is sold.
 *
 * @param {{start: import("./written.js").Written, fields: Record<string, string>, fresh?: boolean}} props `start`: what
 *   stands in them at first; `fields`: what is wrong with each; `fresh`: there is no such product yet
 */
export function ProductFields({ start, fields, fresh = false }) {
  return html`
    <fieldset class="panel editor-part">
      <legend class="panel-title">What shoppers read</legend>
      <${Field} label="Name" name="name" most=${200} value=${start.name} problem=${fields.name} />
      <${TextArea} label="Description" name="description" most=${10_000} rows=${6} value=${start.description} problem=${fields.description} optional />
      <${Category} value=${start.category} problem=${fields.category} />
      <${Field} label="Tags" name="tags" most=${1_000} value=${start.tags} problem=${fields.tags} hint="Words that people may look for, with commas between." optional />
    </fieldset>
    <fieldset class="panel editor-part">
      <legend class="panel-title">How it is sold</legend>
      <div class="editor-pair">
        <${Field} label="Price" name="price" inputmode="decimal" most=${20} value=${start.price} problem=${fields.price} />
        <${Currency} value=${start.currency} problem=${fields.currency} />
      </div>
      ${fresh && html`<${Field} label="On the shelf now" name="stock" type="number" min=${0} max=${2_147_483_647} step=${1} value=${start.stock ?? "0"} problem=${fields.stock} hint="How many you have to sell." />`}
      <div class="editor-pair">
        <${Field} label="Warn me at" name="threshold" type="number" min=${0} max=${1_000_000} step=${1} value=${start.threshold} problem=${fields.threshold} hint="Few left: you and those with it in a cart are told." optional=${fresh} />
        <${Field} label="Most in one cart" name="max_per_cart" type="number" min=${1} max=${1_000_000} step=${1} value=${start.max_per_cart} problem=${fields.max_per_cart} optional=${fresh} />
      </div>
      <${Field} label="SKU" name="sku" most=${64} value=${start.sku} problem=${fields.sku} hint="Your own number for it. Imports find it by this." optional />
      <${Check} label="On show in the shop" name="published" on=${start.published === "on"} />
    </fieldset>
  `;
}

/** @param {{value?: string, problem?: string}} props */
function Category({ value, problem }) {
  const known = useAnswer("/api/products/categories").data?.items ?? [];
  return html`
    <${Field} label="Category" name="category" most=${200} value=${value} problem=${problem} list="known-categories" hint="A path, such as home/lighting. Those of others are suggested." />
    <datalist id="known-categories">${known.map((/** @type {{category: string}} */ { category }) => html`<option key=${category} value=${category}></option>`)}</datalist>
  `;
}

/** @param {{value?: string, problem?: string}} props */
function Currency({ value, problem }) {
  const { shop } = useLive();
  const own = shop.facts.value.currency;
  const codes = [...new Set([value || own, own, ...COMMON])];
  const names = new Intl.DisplayNames(undefined, { type: "currency" });
  return html`<${Select} label="Currency" name="currency" value=${value || own} problem=${problem}
    choices=${codes.map((code) => [code, `${code} · ${names.of(code) ?? code}`])} />`;
}
