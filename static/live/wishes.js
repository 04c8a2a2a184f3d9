/**
 * What a shopper looks for. It is written in the address of the listing as it is asked of the server, so that a link to
 * it can be sent to somebody. Prices are in minor units.
 *
 * @typedef {{q: string, category: string, min_price: number | null, max_price: number | null, in_stock: boolean, sort: Sort}} Wish
 * @typedef {"" | "newest" | "popular" | "price" | "-price" | "name" | "relevance"} Sort "": the best first where there
 *   are words, else the newest
 */

/** @type {readonly Sort[]} */
const SORTS = ["newest", "popular", "price", "-price", "name"];
const MOST_WORDS = 200;

/** @type {Wish} */
export const ANYTHING = { q: "", category: "", min_price: null, max_price: null, in_stock: false, sort: "" };

/** Read what is looked for from an address; what makes no sense in it is passed over. @param {URLSearchParams} query @returns {Wish} */
export function wishOf(query) {
  const sort = /** @type {Sort} */ (query.get("sort") ?? "");
  return {
    q: (query.get("q") ?? "").replaceAll(/\p{Cc}/gu, " ").slice(0, MOST_WORDS),
    category: query.get("category") ?? "",
    min_price: amount(query.get("min_price")),
    max_price: amount(query.get("max_price")),
    in_stock: query.get("in_stock") === "true",
    sort: SORTS.includes(sort) ? sort : "",
  };
}

/** @param {string | null} text */
function amount(text) {
  return text !== null && /^\d{1,12}$/.test(text) ? Number(text) : null;
}

/** What is looked for, as it stands behind the `?`: for an address, and for the server. @param {Wish} wish */
export function asQuery({ q, category, min_price, max_price, in_stock, sort }) {
  const query = new URLSearchParams();
  if (q.trim()) query.set("q", q.trim());
  if (category) query.set("category", category);
  if (min_price !== null) query.set("min_price", String(min_price));
  if (max_price !== null) query.set("max_price", String(max_price));
  if (in_stock) query.set("in_stock", "true");
  if (sort) query.set("sort", sort);
  return query.toString();
}

/** The listing's address for what is looked for. @param {Partial<Wish>} wish */
export function listingOf(wish) {
  const query = asQuery({ ...ANYTHING, ...wish });
  return query ? `/listing?${query}` : "/listing";
}

/**
 * Whether a product that has just come is among what is looked for, as well as can be told without asking.
 *
 * @param {Wish} wish
 * @returns {(product: import("./types.js").Product) => boolean}
 */
export function fitting({ q, category, min_price, max_price, in_stock }) {
  const words = q.toLowerCase().split(/\s+/).filter(Boolean);
  return (product) => {
    if (category && product.category !== category && !product.category.startsWith(`${category}/`)) return false;
    if (min_price !== null && product.price < min_price) return false;
    if (max_price !== null && product.price > max_price) return false;
    if (in_stock && product.available <= 0) return false;
    const said = [product.name, product.description, product.category, ...product.tags].join(" ").toLowerCase();
    return words.every((word) => said.includes(word));
  };
}
