import { signal } from "@preact/signals";
import { ApiError } from "./api.js";

const SHARE_OF_LIFE = 0.8;
const JITTER = 0.1; // so that several tabs seldom wake at once: who is first renews for all
const RETRY_MS = 5_000;
const DOUBT_MS = 1_000;
const SOCKET_PATIENCE_MS = 3_000; // the server waits five seconds for a socket to say who it is
const OVER = ["not_authenticated", "forbidden"];

/**
 * @typedef {{granted: (grant: import("./session.js").Grant) => void, over: (reason: string) => void}} Watcher
 *   `granted`: there is a new token, of this tab's making or another's; `over`: the sign-in has ended
 */

/**
 * Staying signed in: access tokens are good for minutes, and before one runs out the cookie gets the next one.
 *
 * @param {{api: import("./api.js").Api, session: import("./session.js").Session, tabs: import("./tabs.js").Tabs}} parts
 */
export function createRenewal({ api, session, tabs }) {
  const recalling = signal(session.lasts);
  /** @type {Watcher} */
  let watcher = { granted() {}, over() {} };
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let due = 0;
  /** @type {Promise<boolean> | null} */
  let underWay = null;

  /** @param {number} ms */
  function planIn(ms) {
    clearTimeout(timer);
    due = Date.now() + ms;
    timer = setTimeout(renew, ms);
  }

  function wake() {
    if (session.lasts && Date.now() >= due) void renew();
  }

  /** @param {import("./session.js").Grant} grant */
  function take(grant) {
    const share = SHARE_OF_LIFE + (Math.random() - 0.5) * JITTER;
    planIn((grant.until - Date.now()) * share);
    session.signedIn(grant);
    recalling.value = false;
    watcher.granted(grant);
  }

  /** @param {{token: string, expires_in: number, user: import("./types.js").User}} answer */
  function granted({ token, expires_in: seconds, user }) {
    const grant = { token, until: Date.now() + seconds * 1_000, user };
    take(grant);
    tabs.tell({ kind: "granted", grant });
  }

  /** @param {string} reason @param {{telling?: boolean}} [how] */
  function over(reason, { telling = true } = {}) {
    clearTimeout(timer);
    recalling.value = false;
    if (telling) tabs.tell({ kind: "over", reason });
    watcher.over(reason);
  }

  /** Get the next token, one question at a time; says whether this window has a good one now. */
  function renew() {
    underWay ??= attempt().finally(() => {
      underWay = null;
      recalling.value = false;
    });
    return underWay;
  }

  async function attempt() {
    const before = session.token;
    try {
      const told = () => session.token !== undefined && session.token !== before; // another tab was faster
      await tabs.alone(async ({ held, lately }) => {
        // A page that was just loaded has no news to wait for where nobody else is at it.
        if (held || (lately && before !== undefined)) await tabs.news(() => told() || !session.lasts);
        if (!told() && session.lasts) granted(await api.post("/api/auth/refresh", {}, { keepalive: true }));
      });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (OVER.includes(error.code)) over("expired");
      else planIn(RETRY_MS * (1 + Math.random()));
    }
    return session.token !== undefined;
  }

  return {
    /** Whether it is still to be seen who this window is. */
    recalling,
    renew,
    granted,
    over,

    /** The server does not take the token that it gave: ask for another, or hear that it is over. */
    doubt() {
      session.doubtToken();
      planIn(DOUBT_MS);
    },

    /** @param {Watcher} who */
    watch(who) {
      watcher = who;
    },

    /** Find out who this window is, and keep it that way. */
    begin() {
      tabs.listen((news) => (news.kind === "granted" ? take(news.grant) : over(news.reason, { telling: false })));
      // Timers sleep with the device, and run late in hidden tabs.
      document.addEventListener("visibilitychange", wake);
      addEventListener("pageshow", wake);
      addEventListener("online", wake);
      if (session.lasts) void renew();
    },

    /** The token, be it the next one; none after a moment: a socket then starts as anonymous. */
    async present() {
      if (session.lasts && !session.token) {
        await Promise.race([renew(), new Promise((done) => { setTimeout(done, SOCKET_PATIENCE_MS); })]);
      }
      return session.token;
    },
  };
}

/** @typedef {ReturnType<typeof createRenewal>} Renewal */
