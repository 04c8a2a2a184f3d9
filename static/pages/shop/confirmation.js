import { html } from "htm/preact";
import { useEffect, useRef } from "preact/hooks";
import { Icon } from "../../components/icon.js";
import { useLive } from "../../components/live_context.js";
import { OrderLines } from "./order_lines.js";

/** The order as it was placed. The focus goes to its title, so that it is read out. @param {{onClose?: () => void}} props */
export function Confirmation({ onClose }) {
  const { ordering } = useLive();
  const title = useRef(/** @type {HTMLHeadingElement | null} */ (null));
  useEffect(() => title.current?.focus(), []);
  const order = ordering.order.value;
  if (!order) return null;

  const done = () => {
    ordering.close();
    onClose?.();
  };
  return html`<div class="cart confirmation" data-order=${order.id}>
    <span class="confirmation-seal"><${Icon} name="check" /></span>
    <h2 id="cart-title" class="cart-title" tabindex="-1" ref=${title}>Ordered. Thank you.</h2>
    <p class="confirmation-number">Order <span class="figures">${order.id.slice(-8).toUpperCase()}</span></p>
    <${OrderLines} order=${order} total="Paid" />
    <button type="button" class="button button-main" onClick=${done}>Keep shopping</button>
  </div>`;
}
