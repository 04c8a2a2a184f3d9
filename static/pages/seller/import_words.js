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

/** The columns of a file, each with what it is for. @type {[string, string][]} */
export const COLUMNS = [
  ["sku", "Your number for the product. A known one changes that product, another makes a new one."],
  ["name", "What it is called."],
  ["description", "What shoppers read of it."],
  ["price", "In the smallest unit: 2400 is 24.00."],
  ["currency", "Three letters, such as EUR."],
  ["category", "A path, such as home/lighting."],
  ["tags", "Words with | between."],
  ["stock", "How many were counted. Empty: the count stays."],
  ["threshold", "How few are few."],
  ["max_per_cart", "The most in one cart."],
  ["published", "true or false."],
];

/** A file to begin with: the names of the columns. */
export function template() {
  return new Blob([`\ufeff${COLUMNS.map(([name]) => name).join(",")}\r\n`], { type: "text/csv" });
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
