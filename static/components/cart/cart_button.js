import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";
import { clockFace, plural } from "../format.js";
import { Icon } from "../icon.js";
import { useLive } from "../live_context.js";
import { Sheet } from "../sheet.js";
import { Toasts } from "../toasts.js";
import { CartPanel } from "./cart_panel.js";

/** The cart in the head of every page: how much is in it and how long it is held; opens the drawer. */
export function CartButton() {
  const { cart, place } = useLive();
  const [open, setOpen] = useState(false);
  const count = cart.count.value;
  const seconds = cart.secondsLeft();
  const close = () => setOpen(false);
  // The drawer is of the shell: a link in it leads to another page under it.
  const path = place.path.value;
  useEffect(() => setOpen(false), [path]);
  return html`
    <button type="button" class="cart-button" aria-haspopup="dialog" onClick=${() => setOpen(true)}>
      <span class="unseen">Cart, ${plural(count, "item")}</span>
      <${Icon} name="cart" />
      ${count > 0 && html`<span class="cart-button-count figures" aria-hidden="true">${count}</span>`}
      ${count > 0 && seconds !== null && html`<span class="cart-button-hold figures" aria-hidden="true">${clockFace(seconds)}</span>`}
    </button>
    ${open && html`<${Sheet} label="Your cart" side onClose=${close}><${Toasts} /><${CartPanel} onClose=${close} /><//>`}
  `;
}
