const names = new Intl.DisplayNames(undefined, { type: "region" });
const DIGITS = "1234567890";
const LETTERS = "ABCDEFGHJK";

/**
 * What the server says of a field of an address, in the shopper's words; null for what it says of others.
 *
 * @param {string} detail
 */
export function explainAddress(detail) {
  const needed = /^is needed for an address in ([A-Z]{2})$/.exec(detail);
  if (needed?.[1]) return `An address in ${names.of(needed[1])} needs this.`;
  const misshapen = /^is no postal code of ([A-Z]{2})(?:: (.*), 9 for a digit)?/.exec(detail);
  if (misshapen?.[1]) return `This is no postal code of ${names.of(misshapen[1])}${misshapen[2] ? `. They look like ${exampleOf(misshapen[2])}` : ""}.`;
  if (detail.startsWith("must be a number with its country")) return "Begin with the country’s code, such as +353 1 234 5678.";
  if (detail.startsWith("must be a country")) return "Choose a country.";
  return null;
}

/** The first two of some shapes as one would see them: "9999 AA" as "1234 AB". @param {string} shapes */
function exampleOf(shapes) {
  return shapes.split(" or ").slice(0, 2).map(written).join(" or ");
}

/** @param {string} shape */
function written(shape) {
  let digits = 0;
  let letters = 0;
  const signs = { 9: () => DIGITS[digits++], A: () => LETTERS[letters++], "*": () => DIGITS[digits++] };
  return shape.replace(/[9A*]/g, (sign) => signs[/** @type {keyof typeof signs} */ (sign)]() ?? sign);
}
