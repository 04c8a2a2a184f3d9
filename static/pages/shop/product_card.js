import { html } from "htm/preact";
import { useComputed } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { Badge } from "../../components/badge.js";
import { money } from "../../components/format.js";
import { Keys } from "../../components/keys.js";
import { useLive } from "../../components/live_context.js";
import { Picture } from "../../components/picture.js";
import { Stepper } from "../../components/stepper.js";
import { unclaimed } from "../../live/stock.js";
import { InLine } from "./in_line.js";

/** One product on the shelf. @param {{product: import("../../live/types.js").Product}} props */
export function ProductCard({ product }) {
  const { id, name, description, category, currency } = product;
  const { place } = useLive();
  const wanted = place.product === id;
  const card = useRef(/** @type {HTMLLIElement | null} */ (null));
  useEffect(() => {
    if (wanted) card.current?.scrollIntoView({ block: "center" });
  }, [wanted]);
  return html`<li class="card" ref=${card} data-product=${id} data-wanted=${wanted ? "" : null}>
    <div class="card-picture">
      <${Picture} name=${name} category=${category} image=${product.images?.[0]} />
    </div>
    <div class="card-body">
      <div class="card-title">
        <h3 class="card-name">${name}</h3>
        <p class="card-price figures">
          ${product.list_price ? html`<s><span class="unseen">before </span>${money(product.list_price, currency)}</s>` : null}
          ${money(product.price, currency)}
        </p>
      </div>
      <p class="card-description">${description}</p>
      <div class="card-stock"><${Badge} product=${product} /><${Keys} product=${product} /></div>
      <${Buy} product=${product} />
    </div>
  </li>`;
}

/** @param {{product: import("../../live/types.js").Product}} props */
function Buy({ product }) {
  const { stock, cart, claims, lines } = useLive();
  const level = stock.level(product.id).value ?? product;
  const mine = useComputed(() => cart.quantities.value.get(product.id) ?? 0).value;
  const wished = useComputed(() => claims.quantity(product.id)).value;
  const inLine = useComputed(() => lines.places.value.has(product.id)).value;
  const most = cart.most(product.id, unclaimed(level), product.max_per_cart);
  const nothing = most === 0 && wished === 0;
  return html`<div class="card-buy">
    ${!nothing && html`<${Stepper} id=${product.id} name=${product.name} most=${most} grows />`}
    ${mine > 0 && html`<a class="card-mine" href="#cart">in cart</a>`}
    ${(nothing || inLine) && html`<${InLine} product=${product} />`}
  </div>`;
}
