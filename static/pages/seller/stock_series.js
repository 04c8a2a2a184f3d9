/** @typedef {import("./types.js").Movement} Movement */

/**
 * Stock, held and available over time, drawn from movements: each moment once, with the level after the last movement
 * in it. It begins with the level at `since`, and ends with what is there `now`.
 *
 * @param {Movement[]} rows oldest first
 * @param {number | null} since milliseconds; null: from the first movement on
 * @param {{stock: number, held: number}} level as it is
 * @param {number} now milliseconds
 */
export function seriesOf(rows, since, level, now) {
  /** @type {Map<number, {stock: number, held: number}>} */
  const points = new Map();
  const [first] = rows;
  if (since !== null) points.set(since / 1_000, first ? { stock: first.old_stock, held: first.old_held } : level);
  for (const { timestamp, new_stock: stock, new_held: held } of rows) points.set(Date.parse(timestamp) / 1_000, { stock, held });
  const end = now / 1_000;
  const last = [...points.keys()].at(-1) ?? 0;
  if (end > last) points.set(end, level);
  const at = [...points.keys()];
  const levels = [...points.values()];
  return {
    at,
    stock: levels.map((one) => one.stock),
    held: levels.map((one) => one.held),
    available: levels.map((one) => one.stock - one.held),
  };
}
