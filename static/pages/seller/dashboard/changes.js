/**
 * @typedef {import("./shapes.js").Dashboard} Dashboard
 * @typedef {import("./shapes.js").StockLevel} StockLevel
 */

const MOST_ORDERS = 50;

/** How each event changes a dashboard. Late and repeated ones are harmless; one of another dashboard changes nothing. */
export const CHANGES = { "seller:metrics": withMetrics, "seller:order": withOrder, "seller:stock": withLevels };

/**
 * Figures that moved, as they are now; of the series only the parts that moved. A complete one replaces everything.
 *
 * @param {Dashboard} known
 * @param {Partial<Dashboard> & {complete: boolean}} told
 * @returns {Dashboard}
 */
export function withMetrics(known, { complete, ...told }) {
  const same = told.seller_id === known.seller_id && told.period === known.period && told.currency === known.currency;
  if (!same) return known;
  if (complete) return /** @type {Dashboard} */ ({ levels: known.levels, ...told });
  const next = { ...known, ...told };
  return { ...next, series: told.series || told.since ? joined(known.series, told.series ?? [], next.since) : known.series };
}

/** @param {Dashboard["series"]} known @param {Dashboard["series"]} told @param {string} since */
function joined(known, told, since) {
  const by = new Map([...known, ...told].map((point) => [point.at, point]));
  return [...by.values()].filter(({ at }) => at >= since).sort((one, other) => (one.at < other.at ? -1 : 1));
}

/**
 * An order that is new or changed: newest first, each once.
 *
 * @param {Dashboard} known
 * @param {{seller_id: string, order: Dashboard["orders"][number]}} told
 * @returns {Dashboard}
 */
export function withOrder(known, { seller_id, order }) {
  if (seller_id !== known.seller_id) return known;
  const others = known.orders.filter(({ id }) => id !== order.id);
  const orders = [order, ...others].sort((one, other) => (newer(one, other) ? -1 : 1));
  return { ...known, orders: orders.slice(0, MOST_ORDERS) };
}

/** @param {{timestamp: string, id: string}} one @param {{timestamp: string, id: string}} other */
function newer(one, other) {
  return one.timestamp === other.timestamp ? one.id > other.id : one.timestamp > other.timestamp;
}

/**
 * Levels that moved: of each the highest version.
 *
 * @param {Dashboard} known
 * @param {{seller_id: string, items: StockLevel[]}} told
 * @returns {Dashboard}
 */
export function withLevels(known, { seller_id, items }) {
  if (seller_id !== known.seller_id) return known;
  const levels = { ...known.levels };
  for (const item of items) {
    if (item.version >= (levels[item.id]?.version ?? 0)) levels[item.id] = item;
  }
  return { ...known, levels };
}

/**
 * A listed product with its level as it is known best.
 *
 * @template {StockLevel} T
 * @param {Dashboard} data
 * @param {T} item
 * @returns {T}
 */
export function fresh(data, item) {
  const known = data.levels?.[item.id];
  if (!known || known.version <= item.version) return item;
  return { ...item, available: known.available, stock: known.stock, held: known.held, version: known.version };
}
