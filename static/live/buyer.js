import { ApiError } from "./api.js";

/**
 * The HTTP side as whoever buys here: the account that is signed in, or else this browser's session, which owns the
 * anonymous cart. Never the one in the other's place: while a sign-in cannot be proven, the session is not asked for.
 *
 * @param {{api: import("./api.js").Api, mine: import("./mine.js").Mine, session: import("./session.js").Session}} parts
 */
export function createBuyer({ api, mine, session }) {
  /** @param {Error} error */
  function unproven(error) {
    // An account whose token could not be renewed just now: that is no answer about the cart.
    if (error instanceof ApiError && error.code === "not_authenticated" && session.lasts && !session.token) {
      throw new ApiError("unanswered", "The shop did not answer.");
    }
    throw error;
  }

  return {
    /** Who buys: an account's id or a session's, null while that is not known. */
    get id() {
      return session.user.value?.id ?? (session.lasts ? null : (session.id ?? null));
    },

    /** @param {string} path */
    get: (path) => (session.lasts ? mine.get(path).catch(unproven) : api.get(path, undefined, { session: session.id })),

    /** @param {string} path @param {unknown} body */
    put: (path, body) => (session.lasts ? mine.put(path, body).catch(unproven) : api.put(path, body, { session: session.id })),

    /** @param {string} path @param {unknown} body */
    post: (path, body) => (session.lasts ? mine.post(path, body).catch(unproven) : api.post(path, body, { session: session.id })),
  };
}

/** @typedef {ReturnType<typeof createBuyer>} Buyer */
