import { html } from "htm/preact";

/** Where products are still to come: grey cards in their places. @param {{count?: number, class?: string}} props */
export function Placeholders({ count = 8, class: name = "grid" }) {
  const cards = Array.from({ length: count }, (_, index) => html`<li class="card card-waiting" key=${index}>
    <div class="card-picture waiting"></div>
    <div class="card-body"><span class="waiting waiting-line"></span><span class="waiting waiting-short"></span><span class="waiting waiting-button"></span></div>
  </li>`);
  return html`<p class="unseen" role="status">Loading products</p><ul class=${name} aria-hidden="true">${cards}</ul>`;
}
