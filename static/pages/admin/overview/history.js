/** @typedef {import("./shapes.js").Dashboard} Dashboard */

/**
 * @typedef {{at: number, figures: Record<string, number | null>, processes: Map<string, {cpu: number, memory: number}>}} Moment
 *   `at`: seconds since 1970
 *
 * @typedef {{at: string, sockets: number, refused: number, lag_seconds: number | null, cpu_percent: number, rss_bytes: number}} Lately
 */

const CLOSE = 150; // of every two seconds: five minutes
const SPARSE_SECONDS = 10; // what is older is kept as the server remembers it
const GAP_SECONDS = 25;
const HOUR = 3_600;

/**
 * What was told lately, with what is told now. Where nothing was told for a while nothing is drawn.
 *
 * @param {Moment[]} known
 * @param {Dashboard} told
 * @returns {Moment[]}
 */
export function remembered(known, told) {
  const at = Date.parse(told.at) / 1_000;
  const last = known.at(-1);
  if (last && at <= last.at) return known;
  const gap = last && at - last.at > GAP_SECONDS ? [{ at: last.at + 1, figures: {}, processes: new Map() }] : [];
  return thinned([...known, ...gap, { at, figures: figuresOf(told), processes: byProcess(told) }]).filter((one) => one.at > at - HOUR);
}

/** Leave out what has become old between two that are close enough. @param {Moment[]} moments */
function thinned(moments) {
  const index = moments.length - 1 - CLOSE;
  const [before, one, after] = [moments[index - 1], moments[index], moments[index + 1]];
  if (!before || !one || !after || after.at - before.at > SPARSE_SECONDS) return moments;
  return moments.toSpliced(index, 1);
}

/** What the server remembers of the last hour. @param {Lately[]} lately @returns {Moment[]} */
export function rememberedOf(lately) {
  return lately.map(({ at, sockets, refused, lag_seconds: lag, cpu_percent: cpu, rss_bytes: memory }) => ({
    at: Date.parse(at) / 1_000, figures: { sockets, refused, lag, cpu, memory }, processes: new Map(),
  }));
}

/** The figures that move by the second; null where they could not be read. @param {Dashboard} told @returns {Record<string, number | null>} */
export function figuresOf({ sockets, carts, orders, mail, refusals, stream, processes }) {
  return {
    sockets: sockets.ok ? sockets.open : null,
    filled: carts.ok ? carts.filled : null,
    held: carts.ok ? carts.units_held : null,
    orders: orders.ok ? orders.per_minute : null,
    refused: refusals.ok ? total(refusals.sockets) + total(refusals.answers) : null,
    lag: stream.ok ? stream.lag_seconds : null,
    cpu: processes.ok ? sum(processes.items, (one) => one.cpu_percent) : null,
    memory: processes.ok ? sum(processes.items, (one) => one.rss_bytes) : null,
    mails: mail.ok ? mail.pending : null,
  };
}

/** How much was refused within the last minute, as far as somebody watched. @param {Moment[]} moments */
export function refusedLately(moments) {
  const now = moments.at(-1);
  const then = moments.find(({ at }) => now && at >= now.at - 60);
  if (now?.figures.refused == null || then?.figures.refused == null) return null;
  return Math.max(0, now.figures.refused - then.figures.refused); // a process that ended takes its counts with it
}

/** @param {Dashboard} told */
function byProcess({ processes }) {
  if (!processes.ok) return new Map();
  return new Map(processes.items.map(({ id, cpu_percent, rss_bytes }) => [id, { cpu: cpu_percent, memory: rss_bytes }]));
}

/** @param {Record<string, number>} counts */
export function total(counts) {
  return sum(Object.values(counts), (count) => count);
}

/**
 * @template T
 * @param {T[]} items
 * @param {(item: T) => number} value
 */
function sum(items, value) {
  return items.reduce((all, item) => all + value(item), 0);
}
