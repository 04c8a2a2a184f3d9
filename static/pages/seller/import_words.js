import { money } from "../../components/format.js";
import { decimalsOf } from "./amount.js";

/** @typedef {import("./types.js").Import} Import */

/** What a state of an import is called, and how it is tinted. @type {Record<string, [string, "in" | "low" | "held" | "out" | "wrong"]>} */
export const STATES = {
  receiving: ["Coming in", "held"],
  checking: ["Being checked", "held"],
  ready: ["To be looked over", "low"],
  running: ["Being done", "held"],
  done: ["Done", "in"],
  failed: ["Failed", "wrong"],
  cancelled: ["Cancelled", "out"],
};

/** Whether the shop is at it now. @param {Import} job */
export function isMoving({ state }) {
  return state === "receiving" || state === "checking" || state === "running";
}

/** The columns of a file, each with what it is for. @param {string} currency the shop's @returns {[string, string][]} */
export const columnsIn = (currency) => [
  ["sku", "Your number for the product. A known one changes that product, another makes a new one."],
  ["name", "What it is called."],
  ["description", "What shoppers read of it."],
  ["price", `A whole number is in the smallest unit: ${unitsSaid(2_400, currency)}. With all its decimals it is read as it stands.`],
  ["currency", "Three letters, such as EUR."],
  ["category", "A path, such as home/lighting."],
  ["tags", "Words with | between."],
  ["stock", "How many were counted. Empty: the count stays."],
  ["threshold", "How few are few."],
  ["max_per_cart", "The most in one cart."],
  ["published", "true or false."],
];

/** How an amount may stand in a file: "2400 or 24.00 is €24.00". @param {number} minor @param {string} currency */
export function unitsSaid(minor, currency) {
  const digits = decimalsOf(currency);
  const ways = digits ? `${minor} or ${(minor / 10 ** digits).toFixed(digits)}` : String(minor);
  return `${ways} is ${money(minor, currency)}`;
}

const FAR = 20;

/** Whether a price has become so much less that somebody may have meant 25.00 by 25. @param {[any, any] | undefined} price before and after */
export function suspicious([before, after] = [null, null]) {
  return typeof before === "number" && typeof after === "number" && after * FAR <= before;
}

/** A file to begin with: the names of the columns. */
export function template() {
  return new Blob([`\ufeff${columnsIn("EUR").map(([name]) => name).join(",")}\r\n`], { type: "text/csv" });
}

const MOST_BYTES = 64 * 1024 * 1024;
const TYPES = /** @type {const} */ ({ csv: "text/csv", jsonl: "application/x-ndjson", ndjson: "application/x-ndjson" });

/**
 * A file as it is to be sent: browsers name types by what is installed beside them, so the name decides.
 *
 * @param {File} file
 * @returns {{body: Blob, problem?: undefined} | {body?: undefined, problem: string}}
 */
export function readable(file) {
  const ending = file.name.slice(file.name.lastIndexOf(".") + 1).toLowerCase();
  const type = TYPES[/** @type {keyof typeof TYPES} */ (ending)];
  if (!type) return { problem: `${file.name}: choose a .csv or a .jsonl file. From a spreadsheet, save as CSV.` };
  if (file.size === 0) return { problem: `${file.name} is empty.` };
  if (file.size > MOST_BYTES) return { problem: `${file.name} is too large: at most 64 MB at once.` };
  return { body: new Blob([file], { type }) };
}
