import { html } from "htm/preact";
import { useEffect } from "preact/hooks";
import { Members, Page, Ways } from "../../components/page.js";

/** @typedef {import("preact").ComponentChildren} Children */

/** @type {[string, string][]} */
const WAYS = [
  ["/admin", "Overview"],
  ["/admin/health", "Health"],
  ["/admin/users", "Users"],
  ["/admin/products", "Products"],
  ["/admin/orders", "Orders"],
  ["/admin/mails", "Mails"],
  ["/admin/audit", "Audit"],
  ["/admin/events", "What was done"],
];

/**
 * A page of this room, for admins.
 *
 * @param {{title: string, lead?: Children, actions?: Children, children: () => Children}} props `children` draws it for whoever may see it
 */
export function Desk({ title, lead, actions, children }) {
  return html`<${Members} roles=${["admin"]} title=${title}>${() => html`
    <${Page} title=${title} lead=${lead} actions=${actions} nav=${html`<${Ways} label="Administration" ways=${WAYS} />`}>
      <${Drawn} draw=${children} />
    <//>`}<//>`;
}

/** A component of its own, so that what is drawn may keep things. @param {{draw: () => Children}} props */
function Drawn({ draw }) {
  useEffect(showWhereOneIs, []);
  return draw();
}

/** Where the ways do not fit beside each other, the present one is to be seen. */
function showWhereOneIs() {
  const here = document.querySelector(".ways [aria-current]");
  const ways = here?.parentElement;
  if (here instanceof HTMLElement && ways) ways.scrollLeft = here.offsetLeft + here.offsetWidth / 2 - ways.clientWidth / 2;
}
