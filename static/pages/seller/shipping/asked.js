import { useLive } from "../../../components/live_context.js";

/** @typedef {{show: string, q: string, from: string, to: string, order: string}} Asked days as `2026-11-21`, in the reader's own time */

/** @type {Record<string, string>} */
const STATUSES = { ship: "placed", shipped: "shipped,delivered,completed", all: "" };

/** Which parts: what each is called, and the statuses that are meant. @type {[string, string][]} */
export const SHOWS = [["ship", "To ship"], ["shipped", "Shipped"], ["all", "All"]];

/** Who packs begins with who has waited longest. @param {string} show */
export function orderOf(show) {
  return show === "ship" ? "oldest" : "newest";
}

/** What the address asks for. @returns {Asked} */
export function useAsked() {
  const query = useLive().place.query.value;
  const show = query.get("show") ?? "ship";
  const usual = orderOf(show);
  return { show: show in STATUSES ? show : "ship", order: ["oldest", "newest"].includes(query.get("order") ?? "") ? (query.get("order") ?? usual) : usual, q: query.get("q") ?? "", from: query.get("from") ?? "", to: query.get("to") ?? "" };
}

/**
 * The question to the server: the list, or with `file` the same as a file.
 *
 * @param {Asked} asked
 * @param {{seller: string, admin: boolean}} whose
 * @param {boolean} [file]
 */
export function pathOf({ show, q, from, to, order }, { seller, admin }, file = false) {
  const params = new URLSearchParams();
  if (STATUSES[show]) params.set("status", STATUSES[show] ?? "");
  if (q.trim()) params.set("q", q.trim());
  const first = dayBegins(from, 0);
  const last = dayBegins(to, 1); // the last day is meant whole
  if (first) params.set("from", first);
  if (last && (!first || last >= first)) params.set("to", last);
  if (admin) params.set("seller_id", seller);
  if (!file) {
    params.set("limit", "20");
    params.set("order", order);
  }
  return `/api/orders/seller-orders${file ? "/export" : ""}?${params}`;
}

/** @param {string} day @param {number} later days */
function dayBegins(day, later) {
  const [year, month, date] = day.split("-").map(Number);
  if (!year || !month || !date) return null;
  const begins = new Date(year, month - 1, date + later);
  return Number.isNaN(begins.getTime()) ? null : begins.toISOString();
}
