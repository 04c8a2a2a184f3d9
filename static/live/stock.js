import { batch, signal } from "@preact/signals";

/**
 * Levels by product. Each is a signal of its own, so a change redraws one badge and not the grid.
 * Messages may repeat or arrive late; the highest version wins.
 */
export function createStock() {
  /** @type {Map<string, import("@preact/signals").Signal<import("./types.js").Level | null>>} */
  const levels = new Map();

  /** @param {string} id */
  function level(id) {
    let found = levels.get(id);
    if (!found) {
      found = signal(/** @type {import("./types.js").Level | null} */ (null));
      levels.set(id, found);
    }
    return found;
  }

  return {
    level,

    /** Take the next level of each product whatever its version: it may be of another history (a restored database). */
    doubt() {
      batch(() => {
        for (const known of levels.values()) {
          const last = known.peek();
          if (last) known.value = { ...last, version: -1 };
        }
      });
    },

    /** @param {import("./types.js").Level[]} items */
    apply(items) {
      batch(() => {
        for (const item of items) {
          const known = level(item.id);
          known.value = merged(known.peek(), item);
        }
      });
    },
  };
}

/**
 * @param {import("./types.js").Level | null} known
 * @param {import("./types.js").Level} item
 * @returns {import("./types.js").Level}
 */
function merged(known, item) {
  if (!known) return pick(item);
  if (item.version < known.version) return known;
  // The next release may follow in a message of its own; until then the last one stands as long as all stays held.
  const keep = known.available === 0 && item.available === 0 ? known.next_release : null;
  return {
    ...pick(item),
    waiting: item.waiting ?? known.waiting, // products do not say
    next_release: item.next_release === undefined ? keep : item.next_release,
  };
}

/** @param {import("./types.js").Level} item a level, or a product that carries one */
function pick({ id, available, stock, held, version, waiting, next_release }) {
  return { id, available, stock, held, version, waiting, next_release };
}

/**
 * How many anybody can have: of what is available, one goes to each who waits.
 *
 * @param {{available: number, waiting?: number}} level
 */
export function unclaimed({ available, waiting = 0 }) {
  return Math.max(0, available - waiting);
}

/** @typedef {ReturnType<typeof createStock>} Stock */
