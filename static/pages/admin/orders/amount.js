/** An amount as somebody wrote it, in minor units. @param {string} text @param {string} currency */
export function minorOf(text, currency) {
  const digits = new Intl.NumberFormat(undefined, { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2;
  return Math.round(Number(text) * 10 ** digits);
}

/** An id of one's own for something that must be done once, however often it is asked for. */
export function newId() {
  return [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
