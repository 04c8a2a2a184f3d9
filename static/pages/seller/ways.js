import { html } from "htm/preact";
import { useLive } from "../../components/live_context.js";
import { Members, Page, Ways } from "../../components/page.js";

/** @typedef {import("preact").ComponentChildren} Children */

/** @type {[string, string][]} */
const WAYS = [
  ["/seller", "Dashboard"],
  ["/seller/products", "Products"],
  ["/seller/orders", "Orders to ship"],
  ["/seller/history", "Stock history"],
  ["/seller/import", "Import"],
];

/**
 * A page of the sellers' room: for sellers and admins, with the room's ways above it.
 *
 * @param {{title: string, lead?: Children, actions?: Children, children?: Children | (() => Children)}} props the
 *   content, or what draws it, is asked for once it is known that whoever looks may see it
 */
export function SellerPage({ title, lead, actions, children }) {
  const { place, session } = useLive();
  const chosen = session.user.value?.role === "admin" ? place.query.value.get("seller") : null;
  const nav = html`<${Ways} label="Selling" ways=${WAYS} query=${chosen ? `?seller=${encodeURIComponent(chosen)}` : ""} />`;
  return html`<${Members} roles=${["seller", "admin"]} title=${title}>${() => html`<${Page} title=${title} lead=${lead} actions=${actions} nav=${nav}>${typeof children === "function" ? children() : children}<//>`}<//>`;
}
