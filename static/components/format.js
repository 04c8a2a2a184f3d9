/** @type {Map<string, Intl.NumberFormat>} */
const formats = new Map();

/**
 * An amount in minor units, in the reader's way of writing money.
 *
 * @param {number} minor
 * @param {string} currency
 */
export function money(minor, currency) {
  return formatOf(currency).format(minor / 10 ** minorUnits(currency));
}

/** How many decimals a currency has: of its unit, ten to the power of them are one. @param {string} currency */
export function minorUnits(currency) {
  return formatOf(currency).resolvedOptions().maximumFractionDigits ?? 2;
}

/** @param {string} currency */
function formatOf(currency) {
  const known = formats.get(currency) ?? new Intl.NumberFormat(undefined, { style: "currency", currency });
  formats.set(currency, known);
  return known;
}

/** Seconds as m:ss. @param {number} seconds */
export function clockFace(seconds) {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** Seconds in words: "10 minutes", "45 seconds". @param {number} seconds */
export function inWords(seconds) {
  if (seconds < 60) return plural(seconds, "second");
  return plural(Math.round(seconds / 60), "minute");
}

/**
 * @param {number} count
 * @param {string} noun
 */
export function plural(count, noun) {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
