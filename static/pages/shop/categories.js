import { html } from "htm/preact";
import { listingOf } from "../../live/wishes.js";
import { pathOf, titleOf } from "./words.js";

/** @typedef {import("../../live/types.js").CategoryCount} CategoryCount */
/** @typedef {import("../../live/wishes.js").Wish} Wish */

/** The departments in a row, and below it what is in the chosen one. @param {{wish: Wish, categories: CategoryCount[]}} props */
export function Categories({ wish, categories }) {
  const chain = wish.category ? pathOf(wish.category) : [];
  const rows = [categories.filter(({ depth }) => depth === 0)];
  for (const [depth, above] of chain.entries()) {
    const below = categories.filter((one) => one.depth === depth + 1 && one.category.startsWith(`${above}/`));
    if (below.length > 0) rows.push(below);
  }
  if (categories.length < 2 && !wish.category) return null;
  return html`<nav class="categories" aria-label="Categories">
    ${rows.map((row, index) => html`<ul class="categories-row" data-depth=${index} key=${index}>
      ${index === 0 && html`<li><a class="chip" href=${listingOf({ ...wish, category: "" })} aria-current=${wish.category ? null : "true"}>All</a></li>`}
      ${row.map(({ category, count }) => html`<li key=${category}>
        <a class="chip" href=${listingOf({ ...wish, category })} aria-current=${wish.category === category ? "true" : null} data-above=${chain.includes(category) ? "" : null}>
          ${titleOf(category)} <span class="chip-count figures">${count}</span>
        </a>
      </li>`)}
    </ul>`)}
  </nav>`;
}

/** All categories as a tree, with how many fit in each. @param {{wish: Wish, categories: CategoryCount[]}} props */
export function CategoryTree({ wish, categories }) {
  return html`<nav aria-label="All categories"><ul class="tree">
    <li><a class="tree-link" href=${listingOf({ ...wish, category: "" })} aria-current=${wish.category ? null : "true"}>Everything</a></li>
    ${categories.map(({ category, count, depth }) => html`<li key=${category}>
      <a class="tree-link" data-depth=${Math.min(depth, 3)} href=${listingOf({ ...wish, category })} aria-current=${wish.category === category ? "true" : null}>
        <span>${titleOf(category)}</span><span class="tree-count figures">${count}</span>
      </a>
    </li>`)}
  </ul></nav>`;
}
