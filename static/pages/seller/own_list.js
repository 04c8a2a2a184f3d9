import { useCallback, useEffect, useRef } from "preact/hooks";
import { useHeard } from "../../components/heard.js";
import { useLive } from "../../components/live_context.js";
import { ApiError } from "../../live/api.js";

const SETTLE_MS = 400;

/** @typedef {import("./types.js").Own} Own */

/**
 * A list of one's products that follows what is done to them elsewhere: by another window, an admin, an import.
 *
 * @param {ReturnType<typeof import("../../components/answer.js").usePages<Own>>} pages
 * @param {string} seller whose list it is
 */
export function useOwnList(pages, seller) {
  const { mine, stock } = useLive();
  const { items, set, reload, data } = pages;
  useEffect(() => stock.apply(items), [items, stock]);

  const later = useRef(/** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined));
  useEffect(() => () => clearTimeout(later.current), []);
  const reloadSoon = () => {
    clearTimeout(later.current);
    later.current = setTimeout(reload, SETTLE_MS); // an import makes many at once
  };

  const lookAgain = useCallback(async (/** @type {string} */ id) => {
    try {
      const product = await mine.get(`/api/products/${id}`);
      set((known) => known && { ...known, items: replaced(known.items, product) });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.code === "not_found") set((known) => known && { ...known, items: known.items.filter((one) => one.id !== id) });
    }
  }, [mine, set]);

  useHeard("product", ({ change, product }) => {
    if (items.some(({ id }) => id === product.id)) {
      if (change === "withdrawn") void lookAgain(product.id); // hidden, disabled or gone: the event does not say
      else set((known) => known && { ...known, items: replaced(known.items, product) });
    } else if (data && product.seller_id === seller) reloadSoon();
  });
  /** How one is now: told by the answer to a change. */
  const learn = useCallback((/** @type {Own} */ product) => set((known) => known && { ...known, items: replaced(known.items, product) }), [set]);
  return { items, learn };
}

/** @param {Own[]} items @param {Own} product */
function replaced(items, product) {
  return items.map((one) => (one.id === product.id && !isOlder(product, one) ? product : one));
}

/** Whether what was told is older than what is known: answers and events cross on the way. @param {Own} told @param {Own} known */
export function isOlder(told, known) {
  return Boolean(told.updated_at && known.updated_at && told.updated_at < known.updated_at);
}
