import { html } from "htm/preact";
import { useLive } from "../../components/live_context.js";

/** One button per department, and one for all. @param {{chosen: import("@preact/signals").Signal<string>}} props */
export function Departments({ chosen }) {
  const { products } = useLive();
  const names = products.departments.value;
  if (names.length < 2) return null;
  return html`<div class="departments" role="group" aria-label="Show a department">
    ${["", ...names].map((name) => html`<button
      key=${name}
      type="button"
      class="chip"
      aria-pressed=${chosen.value === name}
      onClick=${() => { chosen.value = name; }}
    >${name ? title(name) : "All"}</button>`)}
  </div>`;
}

/** @param {string} name */
function title(name) {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
