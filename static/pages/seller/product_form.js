import { html } from "htm/preact";
import { useState } from "preact/hooks";
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
 * @param {{about: string, base: Written, fresh?: boolean, save: (body: Record<string, unknown>) => Promise<void>,
 *   children?: import("preact").ComponentChildren}} props `about`: the product's id, or "new"; `base`: as it is stored
 */
export function ProductForm({ about, base, fresh = false, save, children }) {
  const draft = useDraft(about);
  const [turn, setTurn] = useState(0);
  const [start, setStart] = useState(() => ({ ...base, ...draft.found }));
  const [changed, setChanged] = useState(() => changedFields(base, start).length);
  const [restored, setRestored] = useState(changed > 0);

  const form = useForm(async () => {
    const now = readForm(/** @type {HTMLFormElement} */ (form.form.current));
    const names = fresh ? ["name", "description", "category", "tags", "price", "currency", "stock", "threshold", "max_per_cart", "published", ...(now.sku?.trim() ? ["sku"] : [])] : changedFields(base, now);
    const { body, errors } = bodyOf(names, now);
    if (errors.length > 0) throw new ApiError("validation", "Look at what is marked.", { errors });
    await save(body).catch((error) => { throw aboutFields(error); });
    draft.keep(null);
    setChanged(0);
    setRestored(false);
  }, explainWork);

  const note = () => {
    const now = readForm(/** @type {HTMLFormElement} */ (form.form.current));
    const names = changedFields(base, now);
    setChanged(names.length);
    draft.keep(Object.fromEntries([...names, ...(fresh ? ["stock"] : [])].map((name) => [name, now[name] ?? ""])));
  };
  const discard = () => {
    draft.keep(null);
    setStart(base);
    setChanged(0);
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
