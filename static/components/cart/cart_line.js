import { html } from "htm/preact";
import { useRef } from "preact/hooks";
import { money } from "../format.js";
import { Icon } from "../icon.js";
import { useLive } from "../live_context.js";
import { Picture } from "../picture.js";
import { Stepper } from "../stepper.js";
import { unclaimed } from "../../live/stock.js";
import { LineState } from "./line_state.js";

/** One line of the cart. @param {{line: import("../../live/types.js").CartLine}} props */
export function CartLine({ line }) {
  const { cart, claims, products, stock } = useLive();
  const row = useRef(/** @type {HTMLLIElement | null} */ (null));
  const { product_id: id, name } = line;
  const product = products.byId.value.get(id);
  const level = stock.level(id).value;
  const free = level ? unclaimed(level) : line.available;
  const most = cart.most(id, free, product?.max_per_cart);
  const currency = cart.currency.value;

  const remove = () => {
    focusNeighbour(row.current);
    claims.change(id, -claims.quantity(id));
  };

  return html`<li class="line" ref=${row} data-product=${id}>
    <${Picture} name=${name} category=${product?.category} image=${line.image ?? product?.images?.[0]} decorative />
    <div class="line-words">
      <p class="line-name"><a href=${`/product/${id}`}>${name}</a></p>
      <p class="line-each figures">
        ${line.list_price ? html`<s><span class="unseen">before </span>${money(line.list_price, currency)}</s> ` : null}
        ${money(line.price, currency)} each
      </p>
    </div>
    <button type="button" class="icon-button line-remove" onClick=${remove} aria-label=${`Remove ${name}`}><${Icon} name="cross" /></button>
    <${Stepper} id=${id} name=${name} most=${most} />
    <p class="line-total figures">${money(line.line_total, currency)}</p>
    <div class="line-states"><${LineState} line=${line} /></div>
  </li>`;
}

/** A removed line takes its button with it: the focus goes to the next line, or to the cart. @param {HTMLElement | null} row */
export function focusNeighbour(row) {
  const neighbour = row?.nextElementSibling ?? row?.previousElementSibling;
  const target = neighbour?.querySelector(".line-remove") ?? row?.closest(".cart, main")?.querySelector(".cart-title, h1");
  if (target instanceof HTMLElement) target.focus();
}
