import { signal } from "@preact/signals";

const SESSION = "ivorycart.session";
const SIGNED_IN = "ivorycart.signed_in";

/** @typedef {{token: string, until: number, user: import("./types.js").User}} Grant `until`: by this device's clock */

/**
 * Who this window is: the cart's session (shared by all windows of this browser) and, while signed in, an access token.
 * The token is kept in memory only. What keeps a sign-in over a reload is a cookie that no script can read; all that is
 * noted here is that there is one, so that nobody else's browser asks in vain.
 *
 * @param {Storage} [lasting]
 */
export function createSession(lasting = localStorage) {
  const user = signal(/** @type {import("./types.js").User | null} */ (null));
  /** @type {Grant | null} */
  let grant = null;

  return {
    user,

    get id() {
      return lasting.getItem(SESSION) ?? undefined;
    },

    /** The access token, while it is good. */
    get token() {
      return grant && Date.now() < grant.until ? grant.token : undefined;
    },

    /** Whether this browser is signed in as far as it knows; the window itself may not have a token yet. */
    get lasts() {
      return lasting.getItem(SIGNED_IN) !== null;
    },

    /** @param {string} id */
    remember(id) {
      lasting.setItem(SESSION, id);
    },

    /** @param {Grant} given */
    signedIn(given) {
      grant = given;
      lasting.setItem(SIGNED_IN, "1");
      user.value = given.user;
    },

    /** The server does not take the token (any more). */
    doubtToken() {
      grant = null;
    },

    /** @param {string} role what this user is from now on */
    changeRole(role) {
      if (user.peek()) user.value = { .../** @type {import("./types.js").User} */ (user.peek()), role };
    },

    signedOut() {
      grant = null;
      lasting.removeItem(SIGNED_IN);
      user.value = null;
    },
  };
}

/** @typedef {ReturnType<typeof createSession>} Session */
