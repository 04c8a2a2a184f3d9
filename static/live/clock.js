import { signal } from "@preact/signals";

const TICK_MS = 250;

/**
 * The server's clock, read through the browser's monotonic one: a wrong or changed device clock never shows.
 *
 * @param {() => number} [monotonic] milliseconds that only ever grow
 */
export function createClock(monotonic = () => performance.now()) {
  let offset = performance.timeOrigin;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let timer;
  // Ticks only while something on the page shows a time.
  const tick = signal(0, {
    watched() {
      timer = setInterval(() => tick.value += 1, TICK_MS);
    },
    unwatched() {
      clearInterval(timer);
    },
  });

  const now = () => offset + monotonic();

  return {
    now,

    /** Set the clock by a message that was fresh when it came. @param {string} serverTime */
    set(serverTime) {
      offset = Date.parse(serverTime) - monotonic();
    },

    /** Correct the clock by a message that may have waited: only one that shows we run late can. @param {string} serverTime */
    correct(serverTime) {
      offset = Math.max(offset, Date.parse(serverTime) - monotonic());
    },

    /**
     * Whole seconds until `time`, never below 0; null when there is no such time. Reading it subscribes to the tick.
     *
     * @param {string | null | undefined} time
     * @returns {number | null}
     */
    secondsUntil(time) {
      if (!time) return null;
      void tick.value;
      return Math.max(0, Math.ceil((Date.parse(time) - now()) / 1000));
    },
  };
}

/** @typedef {ReturnType<typeof createClock>} Clock */
