import { html } from "htm/preact";
import { useRef } from "preact/hooks";
import { Icon } from "../icon.js";
import { useLive } from "../live_context.js";
import { focusNeighbour } from "./cart_line.js";

/** A line whose product has left the shop or is not for sale now: all that can be done is take it out. @param {{line: import("../../live/types.js").CartLine}} props */
export function GoneLine({ line }) {
  const { claims } = useLive();
  const row = useRef(/** @type {HTMLLIElement | null} */ (null));
  const id = line.product_id;

  const remove = () => {
    focusNeighbour(row.current);
    claims.change(id, -claims.quantity(id));
  };

  return html`<li class="line line-gone" ref=${row} data-product=${id}>
    <div class="picture" aria-hidden="true"></div>
    <div class="line-words">
      <p class="line-name">${line.name || "No longer available"}</p>
      <p class="line-each">${line.name ? "Not for sale any more." : "This product has left the shop."}</p>
    </div>
    <button type="button" class="icon-button line-remove" onClick=${remove} aria-label="Remove what is no longer available"><${Icon} name="cross" /></button>
  </li>`;
}
