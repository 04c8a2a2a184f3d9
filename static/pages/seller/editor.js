import { html } from "htm/preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useHeard } from "../../components/heard.js";
import { useLive } from "../../components/live_context.js";
import { Changes } from "./changes.js";
import { Discounts } from "./discounts.js";
import { Gallery } from "./gallery.js";
import { isOlder } from "./own_list.js";
import { ProductForm } from "./product_form.js";
import { States, useLevel } from "./product_state.js";
import { changedFields, writtenOf } from "./written.js";

/** @typedef {import("./types.js").Own} Own */

/**
 * All of a product that its seller may change. `product` is as it is now; the form begins from how it was when it was
 * opened, saved or taken over, so that nothing changes under anybody's hands.
 *
 * @param {{product: Own, set: (change: (known: Own | null) => Own | null) => void, reload: () => Promise<void>}} props
 */
export function Editor({ product, set, reload }) {
  const { mine, stock, notices } = useLive();
  const { id } = product;
  const [base, setBase] = useState(product);
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

  const written = writtenOf(base), now = writtenOf(product);
  const elsewhere = saving.current ? [] : changedFields(written, now);
  const takeOver = () => {
    setBase(product);
    setTurn(turn + 1);
  };
  /** @param {Record<string, unknown>} body */
  const save = async (body) => {
    if (Object.keys(body).length === 0) return;
    saving.current = true;
    try {
      const saved = await mine.put(`/api/products/${id}`, body);
      learn(saved);
      setBase(saved);
      notices.tell({ tone: "done", title: "Saved." });
    } finally {
      saving.current = false;
    }
  };
  return html`
    <${Standing} product=${product} />
    ${elsewhere.length > 0 && html`<div class="editor-note" role="status">
      <p><strong>This product was changed elsewhere:</strong> ${elsewhere.join(", ").replaceAll("_", " ")}. What you typed stays.</p>
      <button type="button" class="button button-quiet" onClick=${takeOver}>Take it over</button>
    </div>`}
    <div class="editor">
      <${ProductForm} key=${turn} about=${id} base=${written} save=${save} />
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
