import { html } from "htm/preact";
import { Page } from "../components/page.js";

/** Where there is no page: an old link, or a slip of the hand. */
export function NotFoundPage() {
  const lead = "There is no page at this address. The link may be old, or a letter of it got lost.";
  return html`<${Page} title="Nothing here" lead=${lead} narrow>
    <p class="page-actions"><a class="button button-main" href="/listing">See all products</a> <a class="button button-quiet" href="/">To the shop’s front</a></p>
  <//>`;
}
