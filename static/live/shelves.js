import { createShelf } from "./shelf.js";
import { asQuery, fitting } from "./wishes.js";

const MOST_KEPT = 24;
const PAGE = 24;
const LASTS_MS = 60_000;
const MOST_WANTED = 500;

/** @typedef {import("./shelf.js").Shelf} Shelf */

/**
 * The lists of products that were looked at lately, each by what was asked for.
 *
 * @param {import("./products.js").Products} products
 */
export function createShelves(products) {
  /** Oldest first. @type {Map<string, Shelf>} */
  const kept = new Map();
  /** How often each is on the page. @type {Map<Shelf, number>} */
  const shown = new Map();

  /** @param {string} key @param {() => Shelf} make */
  function found(key, make) {
    const shelf = kept.get(key) ?? make();
    kept.delete(key);
    kept.set(key, shelf);
    for (const [old, one] of kept) {
      if (kept.size > MOST_KEPT && !shown.has(one)) kept.delete(old);
    }
    return shelf;
  }

  return {
    /** What was counted of a wish, by its query. @type {Map<string, import("./types.js").Facets>} */
    facets: new Map(),

    /**
     * What the shop has for a wish.
     *
     * @param {import("./wishes.js").Wish} wish
     * @param {number} [limit] products in a page
     */
    of(wish, limit = PAGE) {
      const path = `/api/products/?${asQuery(wish)}`;
      return found(`${limit} ${path}`, () => createShelf({ path, limit, fits: fitting(wish) }, products));
    },

    /** What is running low. @param {number} limit */
    runningLow(limit) {
      const path = "/api/products/running-low?";
      return found(path, () => createShelf({ path, limit, fits: () => false }, products));
    },

    /**
     * A list is on a page now: it is read where it has to be, be it old, unless the way back led here.
     *
     * @param {Shelf} shelf
     * @param {{back?: boolean, wanted?: number}} [how] `wanted`: as many products were shown when it was left
     * @returns {() => void} it is not any more
     */
    show(shelf, { back = false, wanted = 0 } = {}) {
      shown.set(shelf, (shown.get(shelf) ?? 0) + 1);
      if (shelf.isUnderWay) return leave;
      if (shelf.isStale) void shelf.again(back ? Math.min(wanted, MOST_WANTED) : 0);
      else if (!back && shelf.age > LASTS_MS) void shelf.load();
      return leave;

      function leave() {
        const left = (shown.get(shelf) ?? 1) - 1;
        if (left > 0) shown.set(shelf, left);
        else shown.delete(shelf);
      }
    },

    /** Read again what is shown and may be wrong; what is not, when it is shown again. @param {boolean} [all] else what could not be read */
    refresh(all = true) {
      for (const shelf of shown.keys()) {
        if (all ? shelf.isStale : shelf.problem.peek() !== "") void shelf.again();
      }
    },

    /** @param {import("./products.js").Change} event */
    changed(event) {
      for (const shelf of kept.values()) shelf.changed(event);
    },
  };
}

/** @typedef {ReturnType<typeof createShelves>} Shelves */
