import { html } from "htm/preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useLevel } from "./product_state.js";
import { StockForm } from "./stock_form.js";

/**
 * How many can be had, live; pressed, a delivery or a count can be written down on the spot.
 *
 * @param {{product: import("./types.js").Own}} props
 */
export function StockCell({ product }) {
  const level = useLevel(product);
  const [open, setOpen] = useState(false);
  const button = useRef(/** @type {HTMLButtonElement | null} */ (null));
  const close = () => {
    setOpen(false);
    button.current?.focus();
  };
  const first = useRef(level.version);
  const struck = useStruck(level.version, first);
  return html`<div class="own-stock">
    <button ref=${button} type="button" class="own-press" aria-expanded=${open}
      data-version=${level.version} onClick=${() => setOpen(!open)}>
      <span class="unseen">Stock of ${product.name}: ${level.available} available. Change it</span>
      <span aria-hidden="true" class=${struck ? "own-main figures own-struck" : "own-main figures"} key=${level.version}>${level.available}</span>
      <span aria-hidden="true" class="own-sub figures">${level.stock} on hand${level.held > 0 ? `, ${level.held} held` : ""}</span>
    </button>
    ${open && html`<${StockForm} product=${product} onDone=${close} />`}
  </div>`;
}

/** Whether a level has moved since it was first drawn. @param {number} version @param {{current: number}} first */
function useStruck(version, first) {
  useEffect(() => {
    if (first.current < 0) first.current = version; // it was doubted
  }, [version, first]);
  return version !== first.current;
}
