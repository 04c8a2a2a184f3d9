import { html } from "htm/preact";
import { Members, Page, Ways } from "../../components/page.js";

/** @typedef {import("preact").ComponentChildren} Children */

/** @type {[string, string][]} */
const WAYS = [
  ["/account", "Profile"],
  ["/account/addresses", "Addresses"],
  ["/account/password", "Password and email"],
  ["/account/sessions", "Devices"],
  ["/account/notifications", "What we tell you"],
];

/**
 * A page of one's account, for whoever is signed in.
 *
 * @param {{title: string, lead?: Children, actions?: Children, children: () => Children}} props
 */
export function AccountPage({ title, lead, actions, children }) {
  return html`<${Members} title=${title}>${() => html`<${Page} title=${title} lead=${lead} actions=${actions} nav=${html`<${Ways} label="Your account" ways=${WAYS} />`}>
    ${children()}
  <//>`}<//>`;
}
