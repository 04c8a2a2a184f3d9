import { html } from "htm/preact";
import { useLive } from "../../components/live_context.js";

/** One button per category, and one for all. @param {{chosen: import("@preact/signals").Signal<string>}} props */
export function Categories({ chosen }) {
  const { products } = useLive();
  const names = products.categories.value;
  if (names.length < 2) return null;
  return html`<div class="categories" role="group" aria-label="Show a category">
    ${["", ...names].map((name) => html`<button
      key=${name}
      type="button"
      class="chip"
      aria-pressed=${chosen.value === name}
      onClick=${() => { chosen.value = name; }}
    >${name ? title(name) : "All"}</button>`)}
  </div>`;
}

/** The last part of a category path, as a title. @param {string} path */
function title(path) {
  const last = path.split(/[/>]/).pop()?.trim() ?? path;
  return last.charAt(0).toUpperCase() + last.slice(1);
}
