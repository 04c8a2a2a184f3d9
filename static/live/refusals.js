import { explainAddress } from "./address_words.js";

/** @type {Record<string, string>} */
const SAID = {
  unanswered: "No answer from the shop. What you see is what is held.",
  cart_expired: "Your hold had just ended. Try again.",
  price_changed: "A price changed. Look at the new total, then order again.",
  not_authenticated: "Your sign-in has ended. Sign in again.",
  payment_declined: "The payment was declined. Nothing was ordered; your cart is still held.",
  rate_limited: "That was a bit fast. Try again in a moment.",
  conflict: "This product can no longer be ordered.",
  not_found: "This product is no longer in the shop.",
  storage_unavailable: "The shop cannot save right now. Nothing changed; try again in a moment.",
};

/**
 * A refusal in the shopper's words: what happened and what to do.
 *
 * @param {{code: string, message: string, details?: Record<string, unknown> | null}} error
 */
export function explain(error) {
  if (error.code === "insufficient_stock") return shortage(Number(error.details?.available ?? 0));
  if (error.code === "conflict" && error.details?.currency) return "A cart has one currency. Order this one on its own.";
  return SAID[error.code] ?? (error.message || "That did not work.");
}

/** @param {number} available */
function shortage(available) {
  if (available <= 0) return "Someone else holds the last ones. They may come free when a hold ends.";
  return `Only ${available} more ${available === 1 ? "is" : "are"} free right now.`;
}

/** @type {Record<string, string>} */
const SAID_OF_ACCOUNTS = {
  unanswered: "No answer from the shop. Try again in a moment.",
  not_authenticated: "The email or the password is wrong.",
  forbidden: "This account is disabled.",
  conflict: "This address has an account of its own by now.",
};

/**
 * The same where it is about an account.
 *
 * @param {import("./api.js").ApiError} error
 */
export function explainAccount(error) {
  if (error.code === "rate_limited") return `Too many tries. Try again ${soon(error.retryAfter)}.`;
  return SAID_OF_ACCOUNTS[error.code] ?? explain(error);
}

/** @param {number} [seconds] */
function soon(seconds) {
  if (!seconds || seconds < 60) return "in a minute";
  return `in ${Math.ceil(seconds / 60)} minutes`;
}

/** @type {Record<string, string>} */
const FIELDS = {
  "/email": "This does not look like an email address.",
  "/name": "Say what to call you, in up to 200 characters.",
  "/password": "Use 8 to 128 characters.",
};

/** What is wrong with a field. @param {import("./api.js").FieldError} error */
export function explainField({ pointer, detail }) {
  if (detail.includes("tried first")) return "This is one of the passwords that are tried first. Choose another.";
  return explainAddress(detail) ?? FIELDS[pointer] ?? detail;
}

/** @type {Record<string, string>} */
const ENDINGS = {
  signed_out: "You are signed out.",
  signed_out_everywhere: "You are signed out on all devices.",
  password_changed: "The password was changed. Sign in with the new one.",
  account_closed: "This account is closed.",
  account_disabled: "This account was disabled by the shop. Write to the shop if you think that is a mistake.",
  account_deleted: "This account was deleted.",
  refresh_token_reused: "You were signed out to keep your account safe. Sign in again.",
};

/** Why a sign-in ended, in the shopper's words. @param {string} reason */
export function ending(reason) {
  return ENDINGS[reason] ?? "Your sign-in has ended. Sign in again.";
}
