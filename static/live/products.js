import { batch, computed, signal } from "@preact/signals";

const PAGE = 100;
const MOST_PAGES = 10;

/**
 * The catalogue: read once over HTTP, then kept by `product` events.
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

  async function load() {
    if (phase.peek() === "failed") phase.value = "loading"; // a reload of what is shown goes unseen
    try {
      const items = await everyPage(api);
      batch(() => {
        byId.value = new Map();
        put(items);
        phase.value = "ready";
      });
    } catch {
      if (phase.peek() === "loading") phase.value = "failed";
    }
  }

  /** @param {{change: string, product: import("./types.js").Product}} event */
  function changed({ change, product }) {
    if (change === "withdrawn" || product.published === false) drop(product.id);
    else batch(() => put([product]));
  }

  return { byId, phase, list, departments, load, changed };
}

/** The first part of a product's category path ("home" of "home/lighting"). @param {import("./types.js").Product} product */
export function department(product) {
  return product.category.split("/")[0] ?? "";
}

/** @param {import("./api.js").Api} api */
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
  return items;
}

/** @typedef {ReturnType<typeof createProducts>} Products */
