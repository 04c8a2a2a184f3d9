import { batch, effect, signal } from "@preact/signals";
import { ApiError } from "./api.js";
import { explain } from "./refusals.js";

const UNDER_WAY = "ivorycart.order";
const MOST_TRIES = 20;
/** Nothing is decided: the money may be set aside already, which only the same key finds again. */
const UNDECIDED = ["pending", "unanswered", "rate_limited", "storage_unavailable"];
const PAUSE_MS = 1_000;
const PATIENCE_MS = 15_000;
const DEMO_ADDRESS = { line1: "1 Quay Street", city: "Galway", postal_code: "H91 E2X4", country: "IE" };
const TEST_CARD = { method: "sandbox", card: "4242424242424242" };

/**
 * Placing the order. The order key is kept, over reconnects and reloads, until the server has answered for it:
 * asking again with the same key can never order twice.
 *
 * `phase`: "idle" · "placing" · "unsure" (no answer yet, asking again) · "done".
 *
 * @param {{connection: import("./connection.js").Connection, session: import("./session.js").Session,
 *   account: import("./account.js").Account, cart: import("./cart.js").CartStore, memory?: Storage}} parts
 */
export function createOrdering({ connection, session, account, cart, memory = sessionStorage }) {
  const phase = signal(/** @type {"idle" | "placing" | "unsure" | "done"} */ ("idle"));
  const problem = signal("");
  const order = signal(/** @type {import("./types.js").Order | null} */ (null));

  /** @param {string} text */
  function stop(text) {
    batch(() => {
      phase.value = "idle";
      problem.value = text;
    });
  }

  /** Sign in where needed, and see that the total is still the one the buyer was shown. @param {number} shown */
  async function prepared(shown) {
    if (!session.user.peek()) {
      const ack = await account.signInAsDemoBuyer();
      if (!ack.ok) return explain(ack.error);
    }
    if (cart.payable.peek() === shown) return "";
    return "The demo buyer already had a cart; both are one now. Look at the new total, then order.";
  }

  async function orderAsDemoBuyer() {
    const shown = cart.payable.peek();
    if (phase.peek() !== "idle" || !shown) return;
    batch(() => {
      phase.value = "placing";
      problem.value = "";
    });
    try {
      const obstacle = await prepared(shown);
      if (obstacle) stop(obstacle);
      else await place(keep(memory, { order_key: orderKey(), expected_total: shown }));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      stop(explain(error));
    }
  }

  /** @param {Started} started */
  async function place(started) {
    const name = session.user.peek()?.name ?? "Demo Buyer";
    const question = { ...started, address: { name, ...DEMO_ADDRESS }, payment: TEST_CARD };
    for (let tries = 1; tries <= MOST_TRIES; tries += 1) {
      const ack = await connection.ask("order:place", question, PATIENCE_MS);
      if (ack.ok) return answered(ack.order);
      if (ack.error.code === "not_authenticated" && (await account.regained())) continue;
      if (!UNDECIDED.includes(ack.error.code)) return refused(ack.error);
      phase.value = "unsure";
      await pause();
      await live(connection);
    }
    return stop("The shop has not answered yet. Order again: the same order cannot be placed twice.");
  }

  /** @param {import("./types.js").Order} placed */
  function answered(placed) {
    memory.removeItem(UNDER_WAY);
    batch(() => {
      order.value = placed;
      phase.value = "done";
    });
    void cart.fetch();
  }

  /** @param {import("./types.js").WireError} error */
  function refused(error) {
    memory.removeItem(UNDER_WAY);
    stop(explain(error));
    void cart.fetch();
  }

  return {
    phase,
    problem,
    order,
    orderAsDemoBuyer,

    /** Ask again for an order that a reload of the page cut off. */
    async resume() {
      const started = kept(memory);
      if (!started || phase.peek() !== "idle") return;
      phase.value = "unsure";
      await place(started);
    },

    /** Leave the confirmation. */
    close() {
      batch(() => {
        phase.value = "idle";
        order.value = null;
      });
    },
  };
}

/** @typedef {{order_key: string, expected_total: number}} Started */

/**
 * @param {Storage} memory
 * @param {Started} fresh used unless an unanswered order of the same total is still there
 */
function keep(memory, fresh) {
  const before = kept(memory);
  if (before?.expected_total === fresh.expected_total) return before;
  memory.setItem(UNDER_WAY, JSON.stringify(fresh));
  return fresh;
}

/**
 * @param {Storage} memory
 * @returns {Started | null}
 */
function kept(memory) {
  return JSON.parse(memory.getItem(UNDER_WAY) ?? "null");
}

/** `crypto.randomUUID` where there is one: browsers leave it out on pages without https. */
function orderKey() {
  if ("randomUUID" in crypto) return crypto.randomUUID();
  const bytes = /** @type {Crypto} */ (crypto).getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @returns {Promise<void>} */
function pause() {
  return new Promise((done) => {
    setTimeout(done, PAUSE_MS);
  });
}

/** @param {import("./connection.js").Connection} connection */
async function live(connection) {
  let stop = () => {};
  await new Promise((done) => {
    stop = effect(() => {
      if (connection.state.value === "live") done(undefined);
    });
  });
  stop();
}

/** @typedef {ReturnType<typeof createOrdering>} Ordering */
