import { html } from "htm/preact";
import { useAct } from "../../../components/acting.js";
import { useLive } from "../../../components/live_context.js";
import { Reasoned } from "../reasoned.js";

/** @typedef {import("./columns.js").AdminProduct} AdminProduct */

/** Keep a product off the shelves, or let it be shown again. @param {{product: AdminProduct, onChanged: (product: AdminProduct) => void}} props */
export function ProductAct({ product, onChanged }) {
  const { mine } = useLive();
  const { busy, run } = useAct();
  const path = `/api/admin/products/${product.id}`;
  if (product.disabled) {
    const enable = () => run(async () => onChanged(await mine.put(`${path}/enable`)), `${product.name} may be shown again.`);
    return html`<button type="button" class="button button-quiet" aria-label=${`Enable ${product.name}`} aria-disabled=${busy} onClick=${enable}>Enable</button>`;
  }
  return html`<${Reasoned} label="Disable…" name=${`Disable ${product.name}`} question=${`Take ${product.name} off the shelves?`} yes="Disable" done=${`${product.name} is disabled.`}
    words="It leaves the shop at once, and carts that hold it cannot be ordered until it is taken out of them." hint="Its seller reads this."
    act=${async (/** @type {string} */ reason) => onChanged(await mine.put(`${path}/disable`, { reason }))} />`;
}
