import { html } from "htm/preact";
import { useShelf } from "../../components/catalogue.js";
import { Icon } from "../../components/icon.js";
import { Placeholders } from "./placeholders.js";
import { ProductCard } from "./product_card.js";

const WAITING = 6;

/**
 * A few products side by side, to be pushed along: live as everywhere. Nothing where there are none.
 *
 * @param {{id: string, title: string, words?: string, shelf: import("../../live/shelf.js").Shelf, all?: [string, string],
 *   without?: string}} props `all`: where there are more of the kind, and what that is called; `without`: a
 *   product that is shown already
 */
export function Strip({ id, title, words, shelf, all, without }) {
  useShelf(shelf);
  const ids = shelf.ids.value.filter((one) => one !== without);
  const phase = shelf.phase.value;
  if (phase !== "loading" && ids.length === 0) return null;
  return html`<section class="strip" aria-labelledby=${id}>
    <header class="strip-head">
      <h2 id=${id} class="strip-title">${title}</h2>
      ${words && html`<p class="strip-words">${words}</p>`}
      ${all && html`<a class="strip-all" href=${all[0]}>${all[1]}<${Icon} name="next" /></a>`}
    </header>
    ${phase === "loading" && ids.length === 0
      ? html`<${Placeholders} count=${WAITING} class="strip-row" />`
      : html`<ul class="strip-row">${ids.map((one) => html`<${ProductCard} key=${one} id=${one} short />`)}</ul>`}
  </section>`;
}
