import { ApiError } from "./api.js";

const NAME = "ivorycart.account";
const UNDER_WAY = "ivorycart.account.since";
const DONE = "ivorycart.account.done";
// A request that a reload cut off comes to its end meanwhile.
const CUT_OFF_MS = 2_000;
const LOOK_MS = 50;
const SETTLE_MS = 100;
const NEWS_MS = 1_000; // within this another tab's news is here

/**
 * @typedef {{kind: "granted", grant: import("./session.js").Grant} | {kind: "over", reason: string}} News
 *
 * @typedef {{held: boolean, lately: boolean}} Others whether another tab was at it when this one wanted to be; whether
 *   one was just before
 */

/**
 * What the tabs of one browser have to agree on: they share one refresh cookie, which is good once. Who uses it does so
 * alone, and tells the others what came of it.
 *
 * A tab that is closed or reloaded gives its lock away while its request may still be under way (`keepalive`). So there
 * is a note beside the lock; where it was left behind, the next one waits a moment. Pages without https have no locks:
 * for them the note has to do, and the last to write it goes first.
 *
 * @param {Storage} [lasting]
 */
export function createTabs(lasting = localStorage) {
  const channel = new BroadcastChannel(NAME);
  const self = String(Math.random());

  /** Leave the note once no other stands. */
  async function note() {
    for (let left = rest(lasting); left > 0; left = rest(lasting)) await pause(Math.min(left, LOOK_MS));
    const mine = `${Date.now()} ${Math.random()}`;
    lasting.setItem(UNDER_WAY, mine);
    return mine;
  }

  /** Leave the note where there are no locks; returns whether another tab's stood there. */
  async function noteUnlocked() {
    const waited = rest(lasting) > 0;
    for (let tries = 1; ; tries += 1) {
      const mine = await note();
      await pause(SETTLE_MS);
      if (lasting.getItem(UNDER_WAY) === mine) return waited || tries > 1;
    }
  }

  /**
   * @template T
   * @param {(others: Others) => Promise<T>} work
   * @returns {Promise<T>}
   */
  async function locked(work) {
    const atOnce = await navigator.locks.request(NAME, { ifAvailable: true }, async (lock) =>
      lock ? { done: await note().then(() => noted(work, false)) } : null,
    );
    if (atOnce) return atOnce.done;
    return navigator.locks.request(NAME, () => note().then(() => noted(work, true)));
  }

  /**
   * @template T
   * @param {(others: Others) => Promise<T>} work
   * @param {boolean} held
   */
  async function noted(work, held) {
    try {
      const done = await work({ held, lately: doneLately(lasting, self) });
      lasting.removeItem(UNDER_WAY);
      lasting.setItem(DONE, `${Date.now()} ${self}`);
      return done;
    } catch (error) {
      // Without an answer it may still be under way: so it looks to a page that is being left.
      if (!(error instanceof ApiError && error.code === "unanswered")) lasting.removeItem(UNDER_WAY);
      throw error;
    }
  }

  return {
    /**
     * Do something with the cookie while no other tab does; it is told what others did just before. What they have to
     * tell may then still be on its way: news and locks take different ways between tabs.
     *
     * @template T
     * @param {(others: Others) => Promise<T>} work
     * @returns {Promise<T>}
     */
    alone: (work) => (navigator.locks ? locked(work) : noteUnlocked().then((held) => noted(work, held))),

    /** Wait for another tab's news, but not for long. @param {() => boolean} heard */
    async news(heard) {
      for (let left = NEWS_MS; left > 0 && !heard(); left -= LOOK_MS) await pause(LOOK_MS);
    },

    /** @param {News} news for the other tabs */
    tell: (news) => channel.postMessage(news),

    /** @param {(news: News) => void} listener */
    listen: (listener) => channel.addEventListener("message", ({ data }) => listener(data)),
  };
}

/** Milliseconds that a cut-off request may still need. @param {Storage} lasting */
function rest(lasting) {
  const since = Number.parseInt(lasting.getItem(UNDER_WAY) ?? "", 10);
  const age = Date.now() - since;
  return age >= 0 ? CUT_OFF_MS - age : 0; // no note is NaN, which is neither
}

/** Whether another tab did something with the cookie a moment ago. @param {Storage} lasting @param {string} self */
function doneLately(lasting, self) {
  const [at = "", who] = (lasting.getItem(DONE) ?? "").split(" ");
  return who !== self && Math.abs(Date.now() - Number.parseInt(at, 10)) < NEWS_MS;
}

/** @param {number} ms */
function pause(ms) {
  return new Promise((done) => {
    setTimeout(done, ms);
  });
}

/** @typedef {ReturnType<typeof createTabs>} Tabs */
