import { html } from "htm/preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useHeard } from "../../components/heard.js";
import { useLive } from "../../components/live_context.js";
import { ApiError } from "../../live/api.js";
import { Changes, nameOf } from "./changes.js";
import { clashes, said, useClash } from "./clash.js";
import { Discounts } from "./discounts.js";
import { Gallery } from "./gallery.js";
import { isOlder } from "./own_list.js";
import { ProductForm } from "./product_form.js";
import { States, useLevel } from "./product_state.js";
import { changedFields, writtenOf } from "./written.js";

/** @typedef {import("./types.js").Own} Own */

/**
 * All of a product that its seller may change. `product` is as it is now; the form begins from how it was when it was
 * opened or saved, or another's change brought in, so that nothing changes under anybody's hands.
 *
 * @param {{product: Own, set: (change: (known: Own | null) => Own | null) => void, reload: () => Promise<void>}} props
 */
export function Editor({ product, set, reload }) {
  const { mine, stock, notices } = useLive();
  const { id } = product;
  const [written, setWritten] = useState(() => writtenOf(product));
  const [typed, setTyped] = useState(/** @type {readonly string[]} */ ([]));
  const clash = useClash();
  const [turn, setTurn] = useState(0);
  const saving = useRef(false);
  useEffect(() => stock.apply([product]), [product, stock]);
  /** @param {Own} next */
  const learn = (next) => set((known) => (known && isOlder(next, known) ? known : next));
  useHeard("product", ({ change, product: told }) => {
    if (told.id !== id) return;
    if (change === "withdrawn") void reload(); // hidden, disabled or gone: the event does not say
    else learn({ ...told, disabled_reason: product.disabled_reason });
  });

  const now = writtenOf(product);
  const elsewhere = saving.current ? [] : changedFields(written, now);
  const untouched = elsewhere.filter((name) => !typed.includes(name));
  const bringIn = () => {
    setWritten({ ...written, ...Object.fromEntries(untouched.map((name) => [name, now[name] ?? ""])) });
    setTurn(turn + 1);
  };
  /** @param {Record<string, unknown>} body @param {import("./written.js").Written} ours as it was typed */
  const save = async (body, ours) => {
    if (Object.keys(body).length === 0) return;
    saving.current = true;
    try {
      const theirs = writtenOf(await mine.get(`/api/products/${id}`)); // an event may be on its way still
      const found = clashes(Object.keys(body), { before: written, theirs, mine: ours });
      if (found.length > 0 && !(await clash.ask(found))) throw new ApiError("conflict", "Nothing is saved yet. What you typed is still here.");
      const saved = await mine.put(`/api/products/${id}`, body);
      learn(saved);
      const stored = writtenOf(saved); // what others changed beside it is not in the form yet
      setWritten({ ...written, ...Object.fromEntries(Object.keys(body).map((name) => [name, stored[name] ?? ""])) });
      notices.tell({ tone: "done", title: "Saved." });
    } finally {
      saving.current = false;
    }
  };
  return html`
    <${Standing} product=${product} />
    ${elsewhere.length > 0 && html`<div class="editor-note" role="status">
      <div><p><strong>This product was changed elsewhere.</strong> What you typed stays.</p>
        <ul>${elsewhere.map((name) => html`<li key=${name} class="editor-elsewhere">${nameOf(name)} in the shop now: ${said(name, now[name] ?? "")}${typed.includes(name) && " (you are asked before yours replaces it)"}</li>`)}</ul></div>
      ${untouched.length > 0 && html`<button type="button" class="button button-quiet" onClick=${bringIn}>Show it in this form</button>`}
    </div>`}
    ${clash.question}
    <div class="editor">
      <${ProductForm} key=${turn} about=${id} base=${written} save=${save} onTyped=${setTyped} />
      <div class="editor-side">
        <${Gallery} product=${product} reload=${reload} onImages=${(/** @type {(images: any[]) => any[]} */ change) => set((known) => known && { ...known, images: change(known.images) })} />
        <${Discounts} product=${product} onChange=${learn} />
        <${Changes} product=${product} />
      </div>
    </div>
  `;
}

/** How it stands, and why where it was disabled. @param {{product: Own}} props */
function Standing({ product }) {
  const level = useLevel(product);
  return html`<div class="editor-standing">
    <p class="editor-name">${product.name}</p>
    <${States} product=${{ ...product, disabled_reason: null }} />
    <p class="soft small figures">${level.available} available, ${level.stock} on hand${level.held > 0 ? `, ${level.held} held in carts` : ""}</p>
    ${product.published && !product.disabled && html`<a class="button button-text" href=${`/product/${product.id}`}>See it in the shop</a>`}
  </div>
  ${product.disabled && html`<p class="form-problem">An admin has taken this product off the shelves${product.disabled_reason ? `: ${product.disabled_reason}` : "."}</p>`}`;
}
