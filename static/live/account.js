const DEMO_BUYER = { email: "buyer@demo.com", password: "demo123" };

/**
 * Signing in and out. Signing in keeps the socket: the anonymous cart is joined with the user's.
 *
 * @param {{api: import("./api.js").Api, connection: import("./connection.js").Connection,
 *   session: import("./session.js").Session, cart: import("./cart.js").CartStore,
 *   notices: import("./notices.js").Notices}} parts
 */
export function createAccount({ api, connection, session, cart, notices }) {
  /**
   * @param {{email: string, password: string}} credentials
   * @returns {Promise<import("./types.js").Ack<Record<string, any>>>}
   */
  async function signIn(credentials) {
    const login = await api.post("/api/auth/login", credentials);
    const ack = await connection.ask("auth", { token: login.token });
    if (!ack.ok) return ack;
    session.signedIn(login.token, login.user);
    cart.adopt(ack.cart);
    if (ack.clipped?.length) {
      notices.tell({ tone: "info", title: "Some quantities were lowered to what can be held in one cart." });
    }
    return ack;
  }

  return {
    signIn,
    signInAsDemoBuyer: () => signIn(DEMO_BUYER),

    /** Forget the token, and come back as the anonymous session that this browser was before. */
    signOut() {
      session.signedOut();
      connection.reopen();
      notices.say("You are signed out.");
    },
  };
}

/** @typedef {ReturnType<typeof createAccount>} Account */
