import { batch, computed, signal } from "@preact/signals";

const PAGE = 100;
const MOST_PAGES = 10;
// After a break every window asks anew: not all at once.
const SPREAD_MS = 2_000;
const RETRY_MS = 5_000;

/**
 * The catalogue: read over HTTP, then kept by `product` events; read again where some of those were missed.
 *
 * @param {import("./api.js").Api} api
 * @param {import("./stock.js").Stock} stock
 */
export function createProducts(api, stock) {
  const byId = signal(/** @type {Map<string, import("./types.js").Product>} */ (new Map()));
  const phase = signal(/** @type {"loading" | "ready" | "failed"} */ ("loading"));
  const list = computed(() => [...byId.value.values()]);
  const departments = computed(() => [...new Set(list.value.map(department))].sort());

  /** @param {import("./types.js").Product[]} items */
  function put(items) {
    const next = new Map(byId.peek());
    for (const item of items) next.set(item.id, item);
    byId.value = next;
    stock.apply(items);
  }

  /** @param {string} id */
  function drop(id) {
    const next = new Map(byId.peek());
    if (next.delete(id)) byId.value = next;
  }

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let later;
  let underWay = false;
  let again = false;
  /** What was told while a list was under way, which may be older. @type {Change[]} */
  let meanwhile = [];

  function load() {
    clearTimeout(later);
    if (underWay) {
      again = true;
      return;
    }
    underWay = true;
    if (phase.peek() === "failed") phase.value = "loading"; // a reload of what is shown goes unseen
    void read().finally(() => { underWay = false; });
  }

  async function read() {
    try {
      do {
        again = false;
        meanwhile = [];
        show(await everyPage(api));
      } while (again);
    } catch {
      if (phase.peek() === "loading") phase.value = "failed";
      else reload(RETRY_MS);
    }
  }

  /** @param {import("./types.js").Product[]} items */
  function show(items) {
    batch(() => {
      byId.value = new Map();
      put(items);
      meanwhile.forEach(take);
      phase.value = "ready";
    });
  }

  /** Read the list again in a moment: changes were missed. @param {number} [wait] milliseconds at least */
  function reload(wait = 0) {
    clearTimeout(later);
    later = setTimeout(load, wait + Math.random() * SPREAD_MS);
  }

  /** @param {Change} event */
  function changed(event) {
    if (underWay) meanwhile.push(event);
    take(event);
  }

  /** @param {Change} event */
  function take({ change, product }) {
    if (change === "withdrawn" || product.published === false) drop(product.id);
    else batch(() => put([product]));
  }

  return { byId, phase, list, departments, load, reload, changed };
}

/** The first part of a product's category path ("home" of "home/lighting"). @param {import("./types.js").Product} product */
export function department(product) {
  return product.category.split("/")[0] ?? "";
}

/**
 * The newest products, as many as are kept, the oldest of them first: what comes while they are shown is put at the end.
 *
 * @param {import("./api.js").Api} api
 */
async function everyPage(api) {
  /** @type {import("./types.js").Product[]} */
  const items = [];
  let after = "";
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const answer = await api.get(`/api/products/?limit=${PAGE}${after}`);
    items.push(...answer.items);
    if (!answer.next) break;
    after = `&after=${encodeURIComponent(answer.next)}`;
  }
  return items.reverse();
}

/** @typedef {{change: string, product: import("./types.js").Product}} Change */
/** @typedef {ReturnType<typeof createProducts>} Products */
