import { html } from "htm/preact";

/** How to read the keys. */
export function Legend() {
  return html`<dl class="legend" aria-label="How to read the keys under each product">
    <div><dt><span class="key" data-kind="free"></span></dt><dd>free</dd></div>
    <div><dt><span class="key" data-kind="held"></span></dt><dd>held by others</dd></div>
    <div><dt><span class="key" data-kind="mine"></span></dt><dd>held by you</dd></div>
  </dl>`;
}
