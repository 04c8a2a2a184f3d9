/** @type {Map<string, Intl.NumberFormat>} */
const formats = new Map();

/**
 * An amount in minor units, short enough for an axis: "€1.2K", as the reader's language writes it.
 *
 * @param {number} minor
 * @param {string} currency
 */
export function shortMoney(minor, currency) {
  const format = formatOf(currency, { style: "currency", currency, notation: "compact", minimumFractionDigits: 0, maximumFractionDigits: 1 });
  const whole = new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2;
  return format.format(minor / 10 ** whole);
}

/** A number, short enough for an axis. @param {number} value */
export function shortNumber(value) {
  return formatOf("", { notation: "compact", maximumFractionDigits: Math.abs(value) < 10 ? 2 : 1 }).format(value);
}

/** @param {string} name @param {Intl.NumberFormatOptions} options */
function formatOf(name, options) {
  const key = `${name} ${options.maximumFractionDigits}`;
  let format = formats.get(key);
  if (!format) {
    format = new Intl.NumberFormat(undefined, options);
    formats.set(key, format);
  }
  return format;
}
