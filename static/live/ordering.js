import { batch, effect, signal } from "@preact/signals";
import { ApiError } from "./api.js";
import { explain } from "./refusals.js";

const UNDER_WAY = "ivorycart.order";
const GUESTS_LAST = "ivorycart.ordered";
const LAST = "ivorycart.last_order";
const MOST_TRIES = 20;
/** Nothing is decided: the money may be set aside already, which only the same key finds again. */
const UNDECIDED = ["pending", "unanswered", "rate_limited", "storage_unavailable", "internal"];
const PAUSE_MS = 1_000;
const SOCKET_PATIENCE_MS = 8_000;

/**
 * @typedef {{owner: string, order_key: string, payment: import("./types.js").Payment, expected_total: number}} Started
 *
 * @typedef {{code: string, words: string, total?: number, product?: string, available?: number}} Obstacle `total`: what it
 *   costs now; `available` of the `product` that there are too few of
 */

/**
 * Placing the order. What was asked is kept, over reconnects and reloads, until the server has answered for it: asking
 * again with the same key can never order twice. It is kept for whoever asked; another who signs in meanwhile does not
 * ask for it.
 *
 * `phase`: "idle" · "placing" · "unsure" (no answer yet, asking again) · "confirming" (the payer's bank asks) · "done".
 *
 * @param {{connection: import("./connection.js").Connection, session: import("./session.js").Session,
 *   buyer: import("./buyer.js").Buyer, account: import("./account.js").Account, cart: import("./cart.js").CartStore,
 *   shop: import("./shop_facts.js").ShopFacts, memory?: Storage}} parts
 */
export function createOrdering({ connection, session, buyer, account, cart, shop, memory = sessionStorage }) {
  const phase = signal(/** @type {"idle" | "placing" | "unsure" | "confirming" | "done"} */ ("idle"));
  const obstacle = signal(/** @type {Obstacle | null} */ (null));
  const order = signal(/** @type {import("./types.js").Order | null} */ (null));

  /** What was ordered last in this tab, until something is in the cart again. @type {import("@preact/signals").Signal<{id: string, owner: string | null} | null>} */
  const last = signal(JSON.parse(memory.getItem(LAST) ?? "null"));
  effect(() => memory.setItem(LAST, JSON.stringify(last.value)));
  effect(() => {
    if (phase.value === "idle" && cart.lines.value.length > 0) last.value = null;
  });

  /** @param {Obstacle} found */
  function stop(found) {
    batch(() => {
      phase.value = "idle";
      obstacle.value = found;
    });
  }

  /** @param {Started} started */
  async function place(started) {
    const { owner, ...question } = started;
    for (let tries = 1; tries <= MOST_TRIES; tries += 1) {
      if (buyer.id !== owner) return stop({ code: "not_authenticated", words: "Your sign-in has ended. Sign in again: your order goes on where it was." });
      try {
        return answered(await buyer.post("/api/checkout/order", question));
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        if (error.code === "not_authenticated" && (await account.regained())) continue;
        if (error.code !== "not_authenticated" && !UNDECIDED.includes(error.code)) return refused(error);
        if (await toConfirm(error)) continue;
      }
      phase.value = "unsure";
      await pause(PAUSE_MS);
      await live(connection);
    }
    return stop({ code: "unanswered", words: "The shop has not answered yet. Ask again: the same order cannot be placed twice." });
  }

  /** Have the payer answer their bank, where that is what a payment waits for; what came of it, the next try tells. @param {ApiError} error */
  async function toConfirm(error) {
    const payment = /** @type {{client_secret?: string} | undefined} */ (error.details?.payment);
    if (!payment?.client_secret) return false;
    phase.value = "confirming";
    try {
      const { confirmed } = await import("./stripe.js");
      await confirmed(shop.facts.peek().stripe_publishable_key, payment.client_secret);
    } catch {
      return false; // no script, no network: asked again like all that is undecided
    }
    phase.value = "placing";
    return true;
  }

  /** @param {import("./types.js").Order} placed */
  function answered(placed) {
    memory.removeItem(UNDER_WAY);
    // Who ordered without an account may come back to this page as long as the tab is open; where it goes is not kept.
    if (!session.user.peek()) memory.setItem(GUESTS_LAST, JSON.stringify({ ...placed, address: null }));
    batch(() => {
      order.value = placed;
      phase.value = "done";
      last.value = { id: placed.id, owner: buyer.id };
    });
    void cart.fetch();
  }

  /** @param {ApiError} error */
  function refused(error) {
    memory.removeItem(UNDER_WAY);
    const { total_amount: total, product_id: product, available } = /** @type {Record<string, any>} */ (error.details ?? {});
    stop({ code: error.code, words: explain(error), total, product, available });
    void cart.fetch();
  }

  /** @param {Started} started */
  async function ask(started) {
    batch(() => {
      phase.value = "placing";
      obstacle.value = null;
    });
    // One that nobody has answered for goes first: it may be this very order.
    const before = kept(memory);
    const asked = before?.owner === started.owner ? before : started;
    memory.setItem(UNDER_WAY, JSON.stringify(asked));
    await place(asked);
  }

  /** What was placed has been shown; the next order may come. */
  function close() {
    batch(() => {
      phase.value = "idle";
      order.value = null;
      obstacle.value = null;
    });
  }

  return {
    phase,
    obstacle,
    order,

    /** @param {Omit<Started, "owner">} wanted `expected_total`: what the buyer was shown, in minor units */
    async begin(wanted) {
      const owner = buyer.id;
      if (phase.peek() !== "idle" || owner === null) return;
      await ask({ owner, ...wanted });
    },

    /** Ask again for an order that a reload of the page, or the end of a sign-in, cut off. */
    async resume() {
      const started = kept(memory);
      if (!started || phase.peek() !== "idle" || started.owner !== buyer.id) return;
      batch(() => {
        phase.value = "unsure";
        obstacle.value = null;
      });
      await place(started);
    },

    /** The last order of this tab that was placed without an account. @param {string} id @returns {import("./types.js").Order | null} */
    guests(id) {
      const theirs = JSON.parse(memory.getItem(GUESTS_LAST) ?? "null");
      return !session.lasts && theirs?.id === id ? theirs : null;
    },

    /** The id of what this buyer ordered last here, while their cart is empty since. */
    get last() {
      return last.value?.owner === buyer.id ? last.value.id : null;
    },

    close,

    /** Nothing of what was ordered stays for whoever comes next. */
    forget() {
      memory.removeItem(GUESTS_LAST);
      last.value = null;
      if (phase.peek() === "done") close();
    },
  };
}

/**
 * @param {Storage} memory
 * @returns {Started | null}
 */
function kept(memory) {
  return JSON.parse(memory.getItem(UNDER_WAY) ?? "null");
}

/** @param {number} ms @returns {Promise<void>} */
function pause(ms) {
  return new Promise((done) => {
    setTimeout(done, ms);
  });
}

/** Until the shop is there again, as far as the socket knows; it may know nothing. @param {import("./connection.js").Connection} connection */
async function live(connection) {
  await Promise.race([connection.live(), pause(SOCKET_PATIENCE_MS)]);
}

/** @typedef {ReturnType<typeof createOrdering>} Ordering */
