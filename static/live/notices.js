import { signal } from "@preact/signals";
import { kindOf, urgent, wordsOf } from "./news.js";

/**
 * @typedef {{key: string, tone: "alert" | "info" | "error" | "done", title: string, text?: string, alertId?: string,
 *   productId?: string, path?: string}} Notice `path`: the page of what it is about
 */

const MOST_SHOWN = 4;
const MOST_REMEMBERED = 500;
const TOLD = "ivorycart.told";

/**
 * Toasts, and what is said to screen readers. Low-stock alerts stay until dismissed, and are told once per id however
 * often the server repeats them; the rest leaves by itself. A seller at work is told once in a tab, whatever is loaded
 * anew: the bell goes on counting what is not read.
 *
 * @param {{read: (ids: string[]) => void}} inbox
 * @param {Storage} [memory]
 */
export function createNotices(inbox, memory = sessionStorage) {
  const shown = signal(/** @type {Notice[]} */ ([]));
  const spoken = signal("");
  /** @type {Set<string>} */
  const told = new Set(JSON.parse(memory.getItem(TOLD) ?? "[]"));
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
    if (notice?.alertId) inbox.read([notice.alertId]);
  }

  /** Take away what can be read in the inbox: it stays unread. */
  function rest() {
    shown.value = shown.peek().filter(({ alertId }) => alertId === undefined);
  }

  /** What was read elsewhere need not be shown here. @param {string[] | null} ids null: all */
  function settled(ids) {
    shown.value = shown.peek().filter(({ alertId }) => alertId === undefined || (ids !== null && !ids.includes(alertId)));
  }

  /** @param {import("./types.js").Alert} alert an alert, other news, or what was not seen: of an offer, that it has run out */
  function alerted(alert) {
    if (told.has(alert.id)) return;
    if (told.size >= MOST_REMEMBERED) told.clear();
    told.add(alert.id);
    const { title, text, path } = wordsOf(alert);
    const kind = kindOf(alert);
    if (kind === "low_stock_seller") memory.setItem(TOLD, JSON.stringify([...JSON.parse(memory.getItem(TOLD) ?? "[]"), alert.id].slice(-MOST_REMEMBERED)));
    tell({ tone: urgent(alert) ? "alert" : "info", title, text, path, alertId: alert.id, productId: kind === "low_stock" ? alert.product_id : undefined });
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
    settled,
    rest,
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
