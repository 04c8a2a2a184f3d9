import { money } from "../components/format.js";

/**
 * @typedef {import("./types.js").Alert} Told
 *
 * @typedef {{title: string, text?: string, path?: string, icon: "bell" | "box" | "cart" | "check" | "coin" | "cross" |
 *   "truck" | "undo" | "warning" | "clock"}} Words `path`: the page of what it is about
 */

/** Every kind of notification (`models/telling.py`): how lists of them call it, and its drawing. @type {Record<string, [string, Words["icon"]]>} */
const KINDS = {
  order_placed: ["Orders placed", "check"],
  order_shipped: ["Orders on their way", "truck"],
  order_delivered: ["Orders delivered", "box"],
  order_cancelled: ["Orders cancelled", "cross"],
  order_cancelled_seller: ["Sales cancelled", "cross"],
  order_refunded: ["Money back", "undo"],
  payment_failed: ["Payments that failed", "coin"],
  low_stock: ["Running out in your cart", "warning"],
  low_stock_seller: ["Your products running out", "warning"],
  back_in_stock: ["Back in stock", "bell"],
  hold_expiring: ["Holds about to end", "clock"],
  product_disabled: ["Products taken off the shelves", "warning"],
};
const OF_SELLERS = ["order_cancelled_seller", "low_stock_seller", "product_disabled"];

/** The kinds that a role is told of, each with what lists call it. @param {string} role @returns {[string, string][]} */
export function kindsFor(role) {
  const sells = role === "seller" || role === "admin";
  const named = Object.entries(KINDS).filter(([kind]) => sells || !OF_SELLERS.includes(kind));
  return named.map(([kind, [words]]) => [kind, words]);
}

/** A notification in words, with where it leads. @param {Told} told @returns {Words} */
export function wordsOf(told) {
  const kind = kindOf(told);
  const icon = KINDS[kind]?.[1] ?? "bell";
  const path = pathOf(kind, told);
  if (kind === "back_in_stock") {
    return { icon, path, title: `You missed your turn for ${told.name}`, text: "It was kept for you, and went to whoever waits next." };
  }
  if (kind === "low_stock_seller") {
    return { icon, path, title: `Your ${told.name}: ${leftOf(told)}`, text: "Restock it, or it cannot be bought any more." };
  }
  if (kind === "low_stock") {
    return { icon, path, title: `${told.name}: ${leftOf(told)}`, text: "It is in your cart. What you hold stays yours until your hold ends." };
  }
  return { icon, path, title: told.title || "News from the shop", text: particulars(told) };
}

/** Whether it is worth more than a moment: there is something to do about it. @param {Told} told */
export function urgent(told) {
  return kindOf(told).startsWith("low_stock");
}

/** A live alert goes by one kind for shoppers and sellers, and says which it is for. @param {Told} told */
export function kindOf({ kind, role }) {
  return kind === "low_stock" && role === "seller" ? "low_stock_seller" : kind;
}

/** @param {Told} told */
function leftOf({ available }) {
  return available > 0 ? `only ${available} left` : "none left";
}

/** @param {Told} told */
function particulars({ order_id: order, amount, total_amount: total, currency, name, reason }) {
  const worth = amount ?? total;
  const parts = [order && `Order ${order.slice(-8).toUpperCase()}`, worth && currency && money(worth, currency), name, reason];
  return parts.filter(Boolean).join(": ") || undefined;
}

/** @param {string} kind @param {Told} told @returns {string | undefined} */
function pathOf(kind, { order_id: order, product_id: product }) {
  if (kind === "order_cancelled_seller") return "/seller/orders";
  if (kind === "hold_expiring" || kind === "payment_failed") return "/order/cart";
  if (order) return `/orders/${order}`;
  if (!product) return undefined;
  return OF_SELLERS.includes(kind) ? `/seller/products/${product}` : `/product/${product}`;
}
