/** @type {Map<string, number>} */
const decimals = new Map();

/** How many decimals a currency has. @param {string} currency */
export function decimalsOf(currency) {
  let known = decimals.get(currency);
  if (known === undefined) {
    try {
      known = new Intl.NumberFormat(undefined, { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2;
    } catch {
      known = 2; // not a currency (yet): three letters are still being typed
    }
    decimals.set(currency, known);
  }
  return known;
}

/** An amount in minor units as one would type it: in major units, with the reader's own decimal mark. @param {number} minor @param {string} currency */
export function typed(minor, currency) {
  const digits = decimalsOf(currency);
  const format = new Intl.NumberFormat(undefined, { minimumFractionDigits: digits, maximumFractionDigits: digits, useGrouping: false, numberingSystem: "latn" });
  return format.format(minor / 10 ** digits);
}

/**
 * What was typed, in minor units; else what is wrong with it. Both marks are understood: the last of two kinds is the
 * decimal one, a single kind is read as the reader's language has it.
 *
 * @param {string} text
 * @param {string} currency
 * @returns {{minor: number, problem?: undefined} | {minor?: undefined, problem: string}}
 */
export function parseAmount(text, currency) {
  const bare = text.replace(/[\s'’\u00a0\u202f]|\p{Sc}/gu, "");
  if (!/^\d[\d.,]*$/.test(bare)) return { problem: `Type a price, such as ${typed(1_250, currency)}.` };
  const mark = decimalMark(bare);
  const at = mark ? bare.lastIndexOf(mark) : -1;
  const whole = (at < 0 ? bare : bare.slice(0, at)).replace(/[.,]/g, "");
  const part = at < 0 ? "" : bare.slice(at + 1);
  const digits = decimalsOf(currency);
  if (part.length > digits) return { problem: digits ? `Use at most ${digits} decimals.` : "This currency has no decimals." };
  const minor = Number(whole + part.padEnd(digits, "0"));
  return minor <= 1e12 ? { minor } : { problem: "That is more than a price can be." };
}

/** @param {string} bare digits, dots and commas @returns {"." | "," | null} */
function decimalMark(bare) {
  const dot = bare.lastIndexOf("."), comma = bare.lastIndexOf(",");
  if (dot < 0 && comma < 0) return null;
  if (dot >= 0 && comma >= 0) return dot > comma ? "." : ",";
  const mark = dot >= 0 ? "." : ",";
  if (bare.indexOf(mark) !== bare.lastIndexOf(mark)) return null; // 1.000.000
  if (mark === ownMark()) return mark;
  return bare.length - bare.lastIndexOf(mark) - 1 === 3 ? null : mark; // 1,000 where a comma groups
}

function ownMark() {
  return new Intl.NumberFormat(undefined, { numberingSystem: "latn" }).formatToParts(1.5).find(({ type }) => type === "decimal")?.value ?? ".";
}
