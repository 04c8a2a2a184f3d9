import { signal } from "@preact/signals";

const SESSION = "ivorycart.session";
const TOKEN = "ivorycart.token";
const USER = "ivorycart.user";

/**
 * Who this window is: the cart's session (shared by all windows of this browser) and, after signing in, a token and user.
 *
 * @param {Storage} [lasting]
 * @param {Storage} [passing] gone when the window closes
 */
export function createSession(lasting = localStorage, passing = sessionStorage) {
  const user = signal(/** @type {import("./types.js").User | null} */ (parsed(passing.getItem(USER))));

  return {
    user,

    get id() {
      return lasting.getItem(SESSION) ?? undefined;
    },

    get token() {
      return passing.getItem(TOKEN) ?? undefined;
    },

    /** @param {string} id */
    remember(id) {
      lasting.setItem(SESSION, id);
    },

    /**
     * @param {string} token
     * @param {import("./types.js").User} who
     */
    signedIn(token, who) {
      passing.setItem(TOKEN, token);
      passing.setItem(USER, JSON.stringify(who));
      user.value = who;
    },

    signedOut() {
      passing.removeItem(TOKEN);
      passing.removeItem(USER);
      user.value = null;
    },
  };
}

/** @param {string | null} text */
function parsed(text) {
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}

/** @typedef {ReturnType<typeof createSession>} Session */
