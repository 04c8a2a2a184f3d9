import { html } from "htm/preact";
import { useEffect, useRef } from "preact/hooks";
import { usePages } from "../../components/answer.js";
import { money } from "../../components/format.js";
import { useLive } from "../../components/live_context.js";
import { Answered } from "../../components/states.js";
import { sayOff } from "./discounts.js";
import { sayWhen, sayWho } from "./words.js";

const SETTLE_MS = 500;
/** @type {Record<string, string>} */
const NAMES = {
  name: "Name", description: "Description", price: "Price", currency: "Currency", category: "Category", tags: "Tags", sku: "SKU",
  threshold: "Warn at", max_per_cart: "Most in one cart", published: "On show", discounts: "Reductions", images: "Pictures",
  disabled: "Disabled", disabled_reason: "Reason", deleted_at: "Deleted",
};

/** What a field is called. @param {string} field */
export function nameOf(field) {
  return NAMES[field] ?? field;
}

/** @type {Record<string, string>} */
const KINDS = { created: "Added", deleted: "Taken out of the shop", disabled: "Disabled by an admin", enabled: "Enabled again" };

/**
 * Who changed what of a product, newest first.
 *
 * @param {{product: import("./types.js").Own}} props
 */
export function Changes({ product }) {
  const { session } = useLive();
  const pages = usePages(`/api/products/${product.id}/changes?limit=20`);
  const stamp = JSON.stringify([product.updated_at, product.images]);
  const known = useRef(stamp);
  const { reload } = pages;
  useEffect(() => {
    if (known.current === stamp) return undefined;
    const timer = setTimeout(reload, SETTLE_MS); // what was only wished here is done by then
    known.current = stamp;
    return () => clearTimeout(timer);
  }, [stamp, reload]);
  const me = session.user.value?.id;
  return html`<section class="panel" aria-labelledby="changes-title">
    <h2 id="changes-title" class="panel-title">What was changed</h2>
    <${Answered} answer=${pages} rows=${3}>${() => pages.items.length === 0
      ? html`<p class="soft">Nothing since it was added.</p>`
      : html`<ol class="changes">${pages.items.map((/** @type {import("./types.js").Change} */ change) => html`<li key=${change.id} class="change">
          <p class="soft small">${sayWhen(change.at)} · ${sayWho(change.by, me)}</p>
          ${change.changed.map((one) => html`<p key=${one.field}><span class="change-field">${nameOf(one.field)}</span> <${Turned} ...${said(one, product.currency)} /></p>`)}
          ${change.changed.length === 0 && html`<p>${KINDS[change.kind] ?? change.kind}</p>`}
          ${change.reason && html`<p class="soft">“${change.reason}”</p>`}
        </li>`)}</ol>`}<//>
    ${pages.next && html`<button type="button" class="button button-text" onClick=${pages.more}>Show older changes</button>`}
  </section>`;
}

/** What was, and what it turned into. @param {{before: string, after: string}} props */
export function Turned({ before, after }) {
  if (!before) return html`<ins class="turn-after">${after || "nothing"}</ins>`;
  return html`<del class="turn-before"><span class="unseen">was </span>${before}</del> <span aria-hidden="true">→</span> <ins class="turn-after"><span class="unseen">is now </span>${after || "nothing"}</ins>`;
}

/** @param {{field: string, before: any, after: any}} one @param {string} currency */
function said({ field, before, after }, currency) {
  return { before: inWords(field, before, currency), after: inWords(field, after, currency) };
}

/** @param {string} field @param {any} value @param {string} currency @returns {string} */
export function inWords(field, value, currency) {
  if (value === null || value === undefined || value === "") return "";
  if (field === "price" && typeof value === "number") return money(value, currency);
  if (field === "discounts") return value.map((/** @type {any} */ one) => sayOff(one, currency)).join(", ");
  if (field === "images") return value.length === 1 ? "1 picture" : `${value.length} pictures`;
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (Array.isArray(value)) return value.map((one) => (typeof one === "object" ? JSON.stringify(one) : one)).join(", ");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
