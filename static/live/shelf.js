import { batch, signal } from "@preact/signals";
import { ApiError } from "./api.js";
import { explain } from "./refusals.js";

const MOST_AT_ONCE = 100; // the server gives no longer pages

/** @typedef {import("./types.js").Product} Product */

/**
 * A list of products as it was read, page by page: only which they are and in which order; what they are is kept in
 * `products`. It stays when its page is left, and is found again as long and in the order in which it was.
 *
 * `news`: products that would stand in it if it were read again.
 *
 * @param {{path: string, limit: number, fits: (product: Product) => boolean}} what
 * @param {import("./products.js").Products} products
 */
export function createShelf({ path, limit, fits }, products) {
  const ids = signal(/** @type {string[]} */ ([]));
  const next = signal(/** @type {string | null} */ (null));
  const phase = signal(/** @type {"loading" | "ready" | "failed"} */ ("loading"));
  const problem = signal("");
  const news = signal(/** @type {ReadonlySet<string>} */ (new Set()));
  let turn = 0; // a later reading goes before an earlier one
  let underWay = 0;
  let known = -1; // what was missed when it was read
  let readAt = 0;
  /** @type {string | null} */
  let asked = null;

  /** Read it from the start, as far as it was read or as many as are wanted. @param {number} [wanted] */
  async function load(wanted = limit) {
    turn += 1;
    const mine = turn;
    const missed = products.missed.peek();
    underWay += 1;
    if (phase.peek() === "failed") phase.value = "loading";
    try {
      /** @type {string[]} */
      const found = [];
      let after = "";
      do {
        const portion = Math.min(MOST_AT_ONCE, wanted - found.length);
        const page = await products.list(`${path}&limit=${portion}${after}`);
        found.push(...page.items.map(({ id }) => id));
        after = page.next ? `&after=${encodeURIComponent(page.next)}` : "";
        if (mine !== turn) return;
        if (found.length >= wanted || !page.next) show(found, page.next);
      } while (after && found.length < wanted);
      known = missed;
    } catch (error) {
      if (mine === turn) failed(error);
    } finally {
      underWay -= 1;
    }
  }

  /** @param {string[]} found @param {string | null} following */
  function show(found, following) {
    readAt = performance.now();
    asked = null;
    batch(() => {
      ids.value = [...new Set(found)];
      next.value = following;
      phase.value = "ready";
      problem.value = "";
      news.value = new Set();
    });
  }

  /** @param {unknown} error */
  function failed(error) {
    if (!(error instanceof ApiError)) throw error;
    asked = null;
    batch(() => {
      problem.value = explain(error);
      if (phase.peek() === "loading") phase.value = "failed";
    });
  }

  /** Read the next page. */
  async function more() {
    const after = next.peek();
    if (!after || asked === after) return;
    asked = after;
    const mine = turn;
    try {
      const page = await products.list(`${path}&limit=${limit}&after=${encodeURIComponent(after)}`);
      if (mine !== turn) return;
      batch(() => {
        ids.value = [...new Set([...ids.peek(), ...page.items.map(({ id }) => id)])];
        next.value = page.next;
        problem.value = "";
      });
    } catch (error) {
      if (mine === turn) failed(error);
    }
  }

  return {
    path,
    ids,
    next,
    phase,
    problem,
    news,
    load,
    more,

    /** Read it again as far as it was read. @param {number} [wanted] products, at least */
    again: (wanted = 0) => load(Math.max(limit, wanted, ids.peek().length)),

    get isUnderWay() {
      return underWay > 0;
    },

    /** Whether it was never read, or changes were missed since. */
    get isStale() {
      return phase.peek() !== "ready" || known !== products.missed.peek();
    },

    /** Milliseconds since it was read. */
    get age() {
      return performance.now() - readAt;
    },

    /** @param {import("./products.js").Change} event */
    changed({ change, product }) {
      if (phase.peek() !== "ready") return;
      const { id } = product;
      const arrives = (change === "created" || change === "published") && product.published !== false;
      if (arrives && !ids.peek().includes(id) && fits(product)) {
        if (ids.peek().length === 0) void load();
        else news.value = new Set([...news.peek(), id]);
      } else if (change === "withdrawn" && news.peek().has(id)) {
        news.value = new Set([...news.peek()].filter((one) => one !== id));
      }
    },
  };
}

/** @typedef {ReturnType<typeof createShelf>} Shelf */
