import { html } from "htm/preact";

/** The house mark: four ivory keys, two of them struck; it reads as a bar code, too. */
export function Mark() {
  return html`<svg class="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
    <rect class="mark-ground" width="32" height="32" rx="7" />
    <path class="mark-keys" d="M6 7h4v18H6zM17 7h4v18h-4z" />
    <path class="mark-struck" d="M11.5 7h4v13h-4zM22.5 7h4v13h-4z" />
  </svg>`;
}
