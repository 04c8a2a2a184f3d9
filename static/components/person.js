/** The first letters of a name's first and last word, for the round sign beside it. @param {string} name */
export function initialsOf(name) {
  const words = name.trim().split(/\s+/);
  const letters = words.length > 1 ? [words[0], words.at(-1)] : [words[0]];
  return letters.map((word) => [...(word ?? "")][0]?.toLocaleUpperCase() ?? "").join("");
}

/** What an account may do here, in words. @type {Record<string, string>} */
export const ROLES = { buyer: "Shopper", seller: "Seller", delivery: "Courier", admin: "Administrator" };
