import { useCallback, useEffect, useState } from "preact/hooks";
import { useLive } from "../../components/live_context.js";
import { ApiError } from "../../live/api.js";

const PAGE = 100;
const MOST_PAGES = 10;
const AT_ONCE = 4;
const GONE = "No longer in the shop";

/** @typedef {import("./types.js").Own} Own */

/** @typedef {{products: Map<string, Own>, complete: boolean}} Known `complete`: there are no others */

/**
 * One's newest products by their ids, for naming them; nothing until they are read.
 *
 * @param {string | null} seller whose, for an admin
 */
export function useOwnProducts(seller) {
  const { mine } = useLive();
  const [known, setKnown] = useState(/** @type {Known | null} */ (null));
  const read = useCallback(() => everyPage(mine, seller).then(setKnown), [mine, seller]);
  useEffect(() => void read(), [read]);
  return { known, read };
}

/** @param {import("../../live/mine.js").Mine} mine @param {string | null} seller @returns {Promise<Known>} */
async function everyPage(mine, seller) {
  const list = seller ? `/api/admin/products?seller_id=${encodeURIComponent(seller)}&` : "/api/products/my-products?";
  /** @type {Map<string, Own>} */
  const products = new Map();
  let after = "";
  try {
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const answer = await mine.get(`${list}limit=${PAGE}${after}`);
      for (const product of answer.items) products.set(product.id, product);
      if (!answer.next) return { products, complete: true };
      after = `&after=${encodeURIComponent(answer.next)}`;
    }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error; // those that were not read are asked for one by one
  }
  return { products, complete: false };
}

/**
 * What products are called. One that is not among one's own is new, so they are read once more, or gone; whoever has
 * more than are read is told the others one by one, a few at a time.
 *
 * @param {string[]} ids
 * @param {ReturnType<typeof useOwnProducts>} own
 * @returns {(id: string) => string | undefined}
 */
export function useNames(ids, { known, read }) {
  const { mine } = useLive();
  const [asked, setAsked] = useState(/** @type {Record<string, string>} */ ({}));
  const all = known ? [...new Set(ids)].filter((id) => !known.products.has(id) && !(id in asked)) : [];
  const missing = known?.complete ? all : all.slice(0, AT_ONCE);
  useEffect(() => {
    if (missing.length === 0) return;
    /** @param {string} id */
    const one = async (id) => (known?.complete ? null : mine.get(`/api/products/${id}`).catch(() => null));
    void Promise.all([known?.complete ? read() : null, ...missing.map(one)])
      .then(([, ...found]) => setAsked((before) => ({ ...before, ...Object.fromEntries(missing.map((id, index) => [id, found[index]?.name ?? GONE])) })));
  }, [mine, missing.join()]);
  return (id) => known?.products.get(id)?.name ?? asked[id];
}
