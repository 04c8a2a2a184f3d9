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
  return `Only ${available} more can be had right now.`;
}
