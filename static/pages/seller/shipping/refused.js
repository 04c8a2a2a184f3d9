import { explain } from "../../../live/refusals.js";

/** @type {Record<string, string>} */
const SAID = {
  conflict: "That cannot be done with this order any more: somebody was quicker, or its buyer cancelled it.",
  not_found: "This order is not yours, or is there no longer.",
  forbidden: "Your account may not do that.",
  key_reused: "The last try went through. Look at what was given back, then try again.",
  pending: "It is not known yet whether that was done. Try again in a moment: it is done once.",
  unanswered: "No answer from the shop. Try again: it is done once.",
};

/** Why an order could not be moved. @param {import("../../../live/api.js").ApiError} error */
export function explainMove(error) {
  return SAID[error.code] ?? explain(error);
}
