import { batch, signal } from "@preact/signals";
import { ApiError } from "./api.js";

// After a break every window asks anew: not all at once.
const SPREAD_MS = 2_000;
// A list is read once the socket hears what changes: what changed between the two would be missed. But not for ever.
const HEARING_PATIENCE_MS = 500;

/** @typedef {import("./types.js").Product} Product */
/** @typedef {{change: string, product: Product}} Change */

/**
 * The products that this window has read, kept by `product` events. Pages ask for what they show (`list`, `read`), and
 * ask again when `missed` grows: changes may have happened of which this window has not heard.
 *
 * `byId` keeps what is withdrawn too, so that it can be named; `gone` says that it is.
 *
 * @param {import("./api.js").Api} api
 * @param {import("./stock.js").Stock} stock
 */
export function createProducts(api, stock) {
  const byId = signal(/** @type {Map<string, Product>} */ (new Map()));
  const gone = signal(/** @type {Set<string>} */ (new Set()));
  const missed = signal(0);
  const hearing = createHearing();
  /** What was told while questions are under way, whose answers may be older: when, by product. @type {Map<string, number>} */
  const told = new Map();
  let events = 0;
  let questions = 0;

  /** @param {Product[]} items @param {number} since what was told after it is newer */
  function learn(items, since) {
    const news = items.filter(({ id }) => (told.get(id) ?? 0) <= since);
    batch(() => {
      stock.apply(items);
      if (news.length === 0) return;
      const next = new Map(byId.peek());
      for (const item of news) next.set(item.id, item);
      byId.value = next;
      mark(news.map(({ id }) => id), false);
    });
  }

  /** @param {string[]} ids @param {boolean} isGone */
  function mark(ids, isGone) {
    const changed = ids.filter((id) => gone.peek().has(id) !== isGone);
    if (changed.length === 0) return;
    const next = new Set(gone.peek());
    for (const id of changed) {
      if (isGone) next.add(id);
      else next.delete(id);
    }
    gone.value = next;
  }

  /**
   * @template T
   * @param {() => Promise<T>} question
   * @param {(answer: T) => Product[]} items
   * @param {string} path
   */
  async function asked(question, items, path) {
    // What came with the page is shown at once, and read again when changes are heard of.
    const given = api.isGiven(path);
    if (!given) await hearing.begun;
    if (!hearing.on) hearing.early = true;
    else if (given) reload();
    const since = events;
    questions += 1;
    try {
      const answer = await question();
      learn(items(answer), since);
      return answer;
    } finally {
      questions -= 1;
      if (questions === 0) told.clear();
    }
  }

  /** Have what is shown read again in a moment. */
  function reload() {
    setTimeout(() => { missed.value += 1; }, Math.random() * SPREAD_MS);
  }

  return {
    byId,
    gone,
    missed,
    reload,

    /** Ask for a list. @param {string} path @returns {Promise<{items: Product[], next: string | null, facets?: import("./types.js").Facets | null}>} */
    list: (path) => asked(() => api.get(path), ({ items }) => items, path),

    /**
     * Ask for one product; false where there is none for this shopper.
     *
     * @param {string} id
     * @param {{get: (path: string) => Promise<Product>}} [asking] as somebody who may see more
     */
    async read(id, asking = api) {
      try {
        const path = `/api/products/${id}`;
        await asked(() => asking.get(path), (product) => [product], path);
        return true;
      } catch (error) {
        if (!(error instanceof ApiError) || !["not_found", "validation"].includes(error.code)) throw error;
        mark([id], true);
        return false;
      }
    },

    /** The socket is open, so that from now on changes are heard of. */
    heard() {
      hearing.begin();
      if (hearing.early) reload();
      hearing.early = false;
    },

    /** @param {Change} event */
    changed({ change, product }) {
      events += 1;
      if (questions > 0) told.set(product.id, events);
      const matters = questions > 0 || byId.peek().has(product.id) || gone.peek().has(product.id);
      if (!matters) return; // somebody else's
      if (change === "withdrawn" || product.published === false) mark([product.id], true);
      else {
        batch(() => {
          byId.value = new Map(byId.peek()).set(product.id, product);
          stock.apply([product]);
          mark([product.id], false);
        });
      }
    },
  };
}

function createHearing() {
  /** @type {() => void} */
  let open = () => {};
  const first = new Promise((done) => { open = () => done(undefined); });
  const patience = new Promise((done) => { setTimeout(done, HEARING_PATIENCE_MS); });
  return {
    on: false,
    early: false, // something was read before changes were heard of
    begun: Promise.race([first, patience]),
    begin() {
      this.on = true;
      open();
    },
  };
}

/** @typedef {ReturnType<typeof createProducts>} Products */
