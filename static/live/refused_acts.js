import { explain } from "./refusals.js";

const SAID_PLAINLY = ["conflict", "forbidden", "not_found", "validation"]; // the server's own words fit best

/**
 * Why something that was done at a desk (orders, accounts, products) was refused, for those who work there.
 *
 * @param {import("./api.js").ApiError} error
 */
export function explainAct(error) {
  if (error.code === "unanswered") return "The shop did not answer. It may or may not have been done: look again before you repeat it.";
  const said = error.errors[0]?.detail ?? error.message;
  if (SAID_PLAINLY.includes(error.code) && said) return sentence(said);
  return explain(error);
}

/** @param {string} words */
function sentence(words) {
  const begun = words.charAt(0).toUpperCase() + words.slice(1);
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}
