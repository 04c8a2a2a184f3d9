import { html } from "htm/preact";
import { AccountMenu } from "./account_menu.js";
import { ConnectionPill } from "./connection_pill.js";
import { Mark } from "./mark.js";
import { Announcer } from "./toasts.js";

/**
 * What every room of the house has: ways to skip, the head with the connection's state, the page, the announcer.
 *
 * @param {{skips: [string, string][], children?: import("preact").ComponentChildren}} props
 */
export function Shell({ skips, children }) {
  return html`
    ${skips.map(([anchor, words]) => html`<a class="skip" key=${anchor} href=${anchor}>${words}</a>`)}
    <header class="head">
      <div class="head-inner">
        <a class="brand" href="/"><${Mark} /><span>IvoryCart</span></a>
        <div class="head-end"><${ConnectionPill} /><${AccountMenu} /></div>
      </div>
    </header>
    ${children}
    <${Announcer} />
  `;
}
