import { signal } from "@preact/signals";
import { money } from "../components/format.js";

/**
 * @typedef {{key: string, tone: "alert" | "info" | "error" | "done", title: string, text?: string, alertId?: string,
 *   productId?: string}} Notice
 */

const MOST_SHOWN = 4;
const MOST_REMEMBERED = 500;

/**
 * Toasts, and what is said to screen readers. Low-stock alerts stay until dismissed, and are told once per id however
 * often the server repeats them; the rest leaves by itself.
 *
 * @param {import("./connection.js").Connection} connection
 */
export function createNotices(connection) {
  const shown = signal(/** @type {Notice[]} */ ([]));
  const spoken = signal("");
  /** @type {Set<string>} */
  const told = new Set();
  let number = 0;

  /** @param {Omit<Notice, "key">} notice */
  function tell(notice) {
    number += 1;
    // The same words twice are one toast, told again.
    const others = shown.peek().filter((other) => !sameWords(other, notice) && !sameProduct(other, notice));
    shown.value = [...others, { ...notice, key: `notice-${number}` }].slice(-MOST_SHOWN);
  }

  /** Take a toast away that nobody has answered: the server repeats what was not read. @param {string} key */
  function hide(key) {
    shown.value = shown.peek().filter((one) => one.key !== key);
  }

  /** @param {string} key */
  function dismiss(key) {
    const notice = shown.peek().find((one) => one.key === key);
    shown.value = shown.peek().filter((one) => one.key !== key);
    if (notice?.alertId) void connection.ask("notifications:read", { ids: [notice.alertId] });
  }

  /** @param {import("./types.js").Alert} alert an alert, other news, or what was not seen: of an offer, that it has run out */
  function alerted(alert) {
    if (told.has(alert.id)) return;
    if (told.size >= MOST_REMEMBERED) told.clear();
    told.add(alert.id);
    if (alert.kind === "back_in_stock") {
      const text = "It was kept for you, and went to whoever waits next.";
      tell({ tone: "info", title: `You missed your turn for ${alert.name}`, text, alertId: alert.id });
      return;
    }
    if (alert.kind !== "low_stock" && alert.kind !== "low_stock_seller") {
      const order = alert.order_id && `Order ${alert.order_id.slice(-8).toUpperCase()}`;
      const amount = alert.amount && alert.currency && money(alert.amount, alert.currency);
      const text = [order, amount, alert.name, alert.reason].filter(Boolean).join(": ") || undefined;
      if (alert.title) tell({ tone: "info", title: alert.title, text, alertId: alert.id });
      return;
    }
    if (alert.role === "seller" || alert.kind === "low_stock_seller") {
      const title = alert.available > 0 ? `Your ${alert.name}: only ${alert.available} left` : `Your ${alert.name}: none left`;
      tell({ tone: "alert", title, text: "Restock it, or it cannot be bought any more.", alertId: alert.id });
      return;
    }
    tell({
      tone: "alert",
      title: alert.available > 0 ? `${alert.name}: only ${alert.available} left` : `${alert.name}: none left`,
      text: "It is in your cart. What you hold stays yours until your hold ends.",
      alertId: alert.id,
      productId: alert.product_id,
    });
  }

  /** Take back alerts about products that are in the cart no longer. @param {(productId: string) => boolean} matters */
  function forgetUnless(matters) {
    for (const notice of shown.peek()) {
      if (notice.productId !== undefined && !matters(notice.productId)) dismiss(notice.key);
    }
  }

  return {
    shown,
    spoken,
    tell,
    dismiss,
    hide,
    alerted,
    forgetUnless,

    /** Say something to screen readers only. @param {string} text */
    say(text) {
      spoken.value = text;
    },
  };
}

/**
 * @param {Notice} one
 * @param {Omit<Notice, "key">} other
 */
function sameWords(one, other) {
  return one.title === other.title && one.text === other.text;
}

/**
 * @param {Notice} one
 * @param {Omit<Notice, "key">} other
 */
function sameProduct(one, other) {
  return other.productId !== undefined && one.productId === other.productId;
}

/** @typedef {ReturnType<typeof createNotices>} Notices */
