import { batch, signal } from "@preact/signals";
import { ApiError } from "./api.js";
import { explain } from "./refusals.js";

/**
 * @typedef {import("./types.js").CheckoutState} CheckoutState
 *
 * @typedef {{payment: import("./types.js").Payment, words: string}} Paying `words`: how it is paid, for people
 */

/**
 * How far this buyer's checkout is: what was chosen, which the server keeps for all their devices, and what the cart
 * comes to now. How it is paid is in memory only, for one sitting: nothing of a card is kept.
 *
 * @param {{buyer: import("./buyer.js").Buyer, cart: import("./cart.js").CartStore}} parts
 */
export function createCheckout({ buyer, cart }) {
  const state = signal(/** @type {CheckoutState | null} */ (null));
  const problem = signal("");
  const paying = signal(/** @type {Paying | null} */ (null));
  const declined = signal(""); // why the last payment was not taken
  /** @type {string | null} */
  let whose = null;
  let asked = 0;

  /** @param {CheckoutState} told @param {string | null} of */
  function take(told, of) {
    batch(() => {
      if (whose !== of) paying.value = null;
      whose = of;
      state.value = told;
      problem.value = "";
      cart.adopt(told.cart);
    });
  }

  /** Nothing is shown of a buyer to the next one. */
  function forgetOthers() {
    if (buyer.id === whose) return;
    batch(() => {
      state.value = null;
      paying.value = null;
      declined.value = "";
    });
  }

  async function load() {
    asked += 1;
    const turn = asked;
    const of = buyer.id;
    forgetOthers();
    if (of === null) return;
    try {
      const told = await buyer.get("/api/checkout");
      if (turn === asked && of === buyer.id) take(told, of);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (turn === asked) problem.value = explain(error);
    }
  }

  return {
    state,
    problem,
    paying,
    declined,
    load,

    /** @param {Paying} chosen */
    payWith(chosen) {
      batch(() => {
        paying.value = chosen;
        declined.value = "";
      });
    },

    /** The payment was not taken: another one is to be given. @param {string} why */
    decline(why) {
      batch(() => {
        paying.value = null;
        declined.value = why;
      });
    },

    /**
     * Choose something, which also says that the present total was seen.
     *
     * @param {{address?: Partial<import("./types.js").Address>, address_id?: string, email?: string, method?: string}} chosen
     * @returns {Promise<CheckoutState>}
     */
    async choose(chosen) {
      const of = buyer.id;
      const told = await buyer.put("/api/checkout", chosen);
      asked += 1; // what is under way is older
      if (of === buyer.id) take(told, of);
      return told;
    },
  };
}

/** @typedef {ReturnType<typeof createCheckout>} CheckoutStore */
