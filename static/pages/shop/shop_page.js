import { html } from "htm/preact";
import { useState } from "preact/hooks";
import { useMedia } from "../../components/media.js";
import { Sheet } from "../../components/sheet.js";
import { Toasts } from "../../components/toasts.js";
import { CartBar } from "./cart_bar.js";
import { CartPanel } from "./cart_panel.js";
import { Intro } from "./intro.js";
import { Shelf } from "./shelf.js";

const BESIDE = "(min-width: 64rem)";

/** The shop: products with live stock, and the cart beside them or, where the window is narrow, in a sheet below. */
export function ShopPage() {
  const beside = useMedia(BESIDE);
  const [open, setOpen] = useState(false);
  const sheet = open && !beside;
  const close = () => setOpen(false);

  return html`
    <div class="shop">
      <main class="shop-main">
        <${Intro} />
        <${Shelf} />
      </main>
      ${beside && html`<aside id="cart" class="shop-cart" aria-labelledby="cart-title" tabindex="-1"><${CartPanel} /></aside>`}
    </div>
    ${!beside && html`<${CartBar} onOpen=${() => setOpen(true)} />`}
    ${sheet && html`<${Sheet} label="Your cart" onClose=${close}><${Toasts} /><${CartPanel} onClose=${close} /><//>`}
    ${!sheet && html`<${Toasts} />`}
  `;
}
