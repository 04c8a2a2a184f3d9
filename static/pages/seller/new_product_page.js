import { html } from "htm/preact";
import { useState } from "preact/hooks";
import { useLive } from "../../components/live_context.js";
import { handOver } from "./handover.js";
import { ProductForm } from "./product_form.js";
import { Waiting, useWaiting } from "./waiting_pictures.js";
import { SellerPage } from "./ways.js";

/** A new product, with its pictures. */
export function NewProductPage() {
  return html`<${SellerPage} title="New product" lead="Shoppers see it the moment you add it, if you put it on show."><${Writing} /><//>`;
}

function Writing() {
  const { mine, place, shop, notices } = useLive();
  const [base] = useState(() => ({ published: "on", currency: shop.facts.peek().currency }));
  const pictures = useWaiting();

  /** @param {Record<string, unknown>} body */
  const add = async (body) => {
    const product = await mine.post("/api/products/", body);
    handOver(product.id, pictures.list);
    pictures.clear();
    notices.tell({ tone: "done", title: `${product.name} is added.` });
    // After the form has noted that it is saved.
    setTimeout(() => place.go(`/seller/products/${product.id}`, { replacing: true }));
  };
  return html`<div class="editor">
    <${ProductForm} about="new" base=${base} fresh save=${add} />
    <section class="panel" aria-labelledby="pictures-title">
      <h2 id="pictures-title" class="panel-title">Pictures</h2>
      <${Waiting} pictures=${pictures} />
      <p class="soft small">They are sent with the product. The first is the one in lists.</p>
    </section>
  </div>`;
}
