import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";
import { FormProblem, Submit } from "../../components/field.js";
import { useForm } from "../../components/form.js";
import { ApiError } from "../../live/api.js";
import { useDraft } from "./draft.js";
import { ProductFields } from "./product_fields.js";
import { explainWork } from "./words.js";
import { bodyOf, changedFields, readForm } from "./written.js";

/** @typedef {import("./written.js").Written} Written */

/**
 * The form of a product. What is typed is kept until it is saved or thrown away; only what was changed is sent.
 *
 * @param {{about: string, base: Written, fresh?: boolean, save: (body: Record<string, unknown>, said: Written) => Promise<void>,
 *   onTyped?: (names: readonly string[]) => void, children?: import("preact").ComponentChildren}} props `about`: the product's id, or "new"; `base`: as it is stored;
 *   `onTyped`: which fields differ from that
 */
export function ProductForm({ about, base, fresh = false, save, onTyped, children }) {
  const draft = useDraft(about);
  const [turn, setTurn] = useState(0);
  const [start, setStart] = useState(() => ({ ...base, ...draft.found }));
  const [names, setNames] = useState(() => /** @type {readonly string[]} */ (changedFields(base, start)));
  const changed = names.length;
  const [restored, setRestored] = useState(changed > 0);
  useEffect(() => onTyped?.(names), [names, onTyped]);

  const asked = (/** @type {HTMLFormElement} */ element) => {
    const now = readForm(element);
    const wanted = fresh ? ["name", "description", "category", "tags", "price", "currency", "stock", "threshold", "max_per_cart", "published", ...(now.sku?.trim() ? ["sku"] : [])] : changedFields(base, now);
    return { now, ...bodyOf(wanted, now) };
  };
  const form = useForm(async () => {
    const { body, now } = asked(/** @type {HTMLFormElement} */ (form.form.current));
    await save(body, now).catch((error) => { throw aboutFields(error); });
    draft.keep(null);
    setNames([]);
    setRestored(false);
  }, explainWork, (element) => asked(element).errors);

  const note = () => {
    const now = readForm(/** @type {HTMLFormElement} */ (form.form.current));
    const typed = changedFields(base, now);
    setNames(typed);
    draft.keep(Object.fromEntries([...typed, ...(fresh ? ["stock"] : [])].map((name) => [name, now[name] ?? ""])));
  };
  const discard = () => {
    draft.keep(null);
    setStart(base);
    setNames([]);
    setRestored(false);
    setTurn(turn + 1);
  };

  return html`<form key=${turn} ref=${form.form} class="editor-form" onSubmit=${form.onSubmit} onInput=${note} onChange=${note} noValidate aria-label="Product">
    ${restored && html`<p class="editor-note" role="status">What you had typed is back. It is not saved yet.</p>`}
    <${ProductFields} start=${start} fields=${form.fields} fresh=${fresh} />
    ${children}
    <${FormProblem} problem=${form.problem} />
    <div class="editor-bar" data-changed=${changed > 0 ? "" : null}>
      <p class="soft small editor-said" role="status">${changed === 0 ? (fresh ? "Nothing written yet." : "All is saved.") : "Not saved yet. It is kept in this window."}</p>
      ${changed > 0 && html`<button type="button" class="button button-text" onClick=${discard}>Throw away</button>`}
      <${Submit} busy=${form.busy} working=${fresh ? "Adding" : "Saving"}>${fresh ? "Add the product" : "Save"}<//>
    </div>
  </form>`;
}

/** A refusal whose pointers lead to fields of this form ("/tags/3" is about the tags). @param {unknown} error */
function aboutFields(error) {
  if (!(error instanceof ApiError)) return error;
  const errors = error.errors.map(({ pointer, detail }) => ({ pointer: `/product/${pointer.split("/")[1] ?? ""}`, detail: detail.replace(/^value error, /i, "") }));
  return new ApiError(error.code, error.message, { errors, retryAfter: error.retryAfter, details: error.details });
}
