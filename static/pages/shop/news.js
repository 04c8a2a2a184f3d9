import { html } from "htm/preact";
import { plural } from "../../components/format.js";

const MOST_SAID = 99;

/**
 * What has come since the list was read: said quietly above it, and put in only when asked for.
 *
 * @param {{shelf: import("../../live/shelf.js").Shelf}} props
 */
export function News({ shelf }) {
  const count = shelf.news.value.size;
  const show = async () => {
    await shelf.load();
    const products = document.getElementById("products");
    products?.focus({ preventScroll: true });
    scrollTo(0, 0);
  };
  return html`<div class="news" role="status">
    ${count > 0 && html`<button type="button" class="news-button" onClick=${show}>
      ${count > MOST_SAID ? `More than ${MOST_SAID} new products` : plural(count, "new product")}, show
    </button>`}
  </div>`;
}
