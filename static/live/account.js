import { batch } from "@preact/signals";
import { ApiError } from "./api.js";
import { ending } from "./refusals.js";

const RETRY_MS = 5_000;
/** There was no session to end any more. */
const GONE = ["not_authenticated", "forbidden", "not_found"];

/**
 * Signing in and out. Signing in keeps the socket: the anonymous cart is joined with the user's.
 *
 * @param {{api: import("./api.js").Api, connection: import("./connection.js").Connection,
 *   session: import("./session.js").Session, renewal: import("./renewal.js").Renewal, tabs: import("./tabs.js").Tabs,
 *   cart: import("./cart.js").CartStore, lines: import("./lines.js").Lines, notices: import("./notices.js").Notices}} parts
 */
export function createAccount({ api, connection, session, renewal, tabs, cart, lines, notices }) {
  let joined = true; // else the socket, and the anonymous cart, still have to become the user's
  /** @type {Promise<import("./types.js").Ack<Record<string, any>>> | null} */
  let joining = null;

  /** Give the open socket the present token, once at a time. */
  function join() {
    joining ??= tellSocket().finally(() => { joining = null; });
    return joining;
  }

  function joinIfNeeded() {
    if (!joined && session.token && connection.state.peek() === "live") void join(); // else the next welcome does it
  }

  /** @returns {Promise<import("./types.js").Ack<Record<string, any>>>} */
  async function tellSocket() {
    const token = session.token;
    const ack = await connection.ask("auth", { token });
    if (session.token && session.token !== token) return tellSocket(); // renewed meanwhile
    if (!ack.ok) {
      joined = false;
      if (ack.error.code === "not_authenticated") renewal.doubt();
      else if (connection.state.peek() === "live") setTimeout(joinIfNeeded, RETRY_MS * (1 + Math.random()));
      return ack;
    }
    joined = true;
    cart.adopt(ack.cart);
    void lines.fetch();
    if (ack.clipped?.length) {
      cart.clipped(ack.clipped);
      notices.tell({ tone: "info", title: "Your two carts are one now. Not all of it could be held: the cart says what." });
    }
    return ack;
  }

  /** @param {string} reason */
  function over(reason) {
    if (!session.user.peek() && !session.lasts) return;
    batch(() => {
      session.signedOut();
      cart.forget();
      lines.forget();
    });
    connection.reopen();
    notices.tell({ tone: "info", title: ending(reason) });
  }

  renewal.watch({
    granted() {
      if (connection.state.peek() === "live") void join();
    },
    over,
  });

  /**
   * @param {{email: string, password: string}} credentials
   * @returns {Promise<import("./types.js").Ack<Record<string, any>>>} what came of joining the carts; not signed in is
   *   an `ApiError`
   */
  async function signIn(credentials) {
    joined = false;
    await tabs.alone(async () => renewal.granted(await api.post("/api/auth/login", credentials)));
    return join();
  }

  /** @param {{everywhere?: boolean}} [how] */
  async function signOut({ everywhere = false } = {}) {
    await tabs.alone(async () => {
      if (await endSession(everywhere)) renewal.over(everywhere ? "signed_out_everywhere" : "signed_out");
      else notices.tell({ tone: "error", title: "You are still signed in: the shop did not answer. Try again." });
    });
  }

  /** @param {boolean} everywhere */
  async function endSession(everywhere) {
    try {
      await api.post("/api/auth/logout", everywhere ? { everywhere } : {}); // the cookie says whose, token or not
      return true;
    } catch (error) {
      if (error instanceof ApiError) return GONE.includes(error.code);
      throw error;
    }
  }

  return {
    signIn,
    signOut,

    /** The server ended this window's sign-in. @param {string} reason */
    ended: (reason) => renewal.over(reason, { telling: false }),

    /** Hear whom the server takes a newly connected socket for, and mend it. @param {boolean} known */
    async greeted(known) {
      if (session.token && (!known || !joined)) await join();
      else if (!known && session.lasts) await renewal.renew();
    },

    /** The server took this window for nobody: say whether it is somebody again. */
    async regained() {
      if (!session.lasts) return false;
      session.doubtToken();
      return (await renewal.renew()) && (await join()).ok;
    },
  };
}

/** @typedef {ReturnType<typeof createAccount>} Account */
