import { html } from "htm/preact";
import { drawingFor } from "../../components/drawing.js";
import { plural } from "../../components/format.js";
import { listingOf } from "../../live/wishes.js";
import { titleOf } from "./words.js";

const SAID = 3;

/** The shop's departments, each with how much is in it. @param {{categories: import("../../live/types.js").CategoryCount[]}} props */
export function Departments({ categories }) {
  const tops = categories.filter(({ depth }) => depth === 0);
  if (tops.length < 2) return null;
  /** @param {string} top */
  const below = (top) => categories.filter(({ category, depth }) => depth === 1 && category.startsWith(`${top}/`)).slice(0, SAID).map(({ category }) => titleOf(category));
  return html`<section class="tiles" aria-labelledby="departments-title">
    <h2 id="departments-title" class="strip-title">Departments</h2>
    <ul class="tiles-row">
      ${tops.map(({ category, count }) => html`<li class="tile" key=${category}>
        <img class="tile-picture" src=${drawingFor("", category)} alt="" width="400" height="300" decoding="async" />
        <p class="tile-words">
          <a class="tile-link" href=${listingOf({ category })}>${titleOf(category)}</a>
          <span class="tile-count">${plural(count, "product")}</span>
          <span class="tile-below">${below(category).join(", ")}</span>
        </p>
      </li>`)}
    </ul>
  </section>`;
}
