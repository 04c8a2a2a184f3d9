import { computed, signal } from "@preact/signals";
import { explain } from "./refusals.js";

/** @typedef {import("./types.js").Place} Place */

/**
 * Where this shopper waits for what is out, and what is kept for them, as the server last told it. Answers and events
 * cross on the way: a list during which something was heard is asked for again.
 *
 * @param {{connection: import("./connection.js").Connection, cart: import("./cart.js").CartStore,
 *   clock: import("./clock.js").Clock, notices: import("./notices.js").Notices}} parts
 */
export function createLines({ connection, cart, clock, notices }) {
  const places = signal(/** @type {Map<string, Place>} */ (new Map()));
  const offers = computed(() => [...places.value.values()].filter((place) => place.state === "offered"));
  let heard = 0;
  let asked = 0;

  /** @param {Place} place */
  function put(place) {
    heard += 1;
    const next = new Map(places.peek());
    if (place.state === "waiting" || place.state === "offered") next.set(place.product_id, { ...next.get(place.product_id), ...place });
    else next.delete(place.product_id);
    places.value = next;
  }

  async function fetch() {
    const before = heard;
    const mine = (asked += 1);
    const ack = await connection.ask("waiting:list");
    if (!ack.ok || mine !== asked) return; // a later question is under way, perhaps somebody else's
    if (heard !== before) {
      await fetch();
      return;
    }
    /** @type {Place[]} */
    const items = ack.items;
    const known = places.peek();
    places.value = new Map(items.map((place) => [place.product_id, { notice: known.get(place.product_id)?.notice, ...place }]));
  }

  /** @param {string} id */
  async function refused(id, /** @type {import("./types.js").WireError} */ error) {
    notices.tell({ tone: "error", title: error.code === "cart_expired" ? `Your turn for ${places.peek().get(id)?.name ?? "this"} is over.` : explain(error) });
    await fetch();
  }

  return {
    places,
    offers,
    fetch,

    /** Show no place until the next list comes: these are not for whoever looks now. */
    forget() {
      heard += 1;
      places.value = new Map();
    },

    /** What has become of a place. @param {Place} place */
    changed: (place) => put(place),

    /** @param {import("./types.js").Offer} offer */
    offered(offer) {
      clock.correct(offer.server_time);
      const known = places.peek().get(offer.product_id);
      put({ product_id: offer.product_id, name: offer.name, state: "offered", expires_at: offer.expires_at, notice: offer.id });
      if (known?.notice !== offer.id) notices.say(`${offer.name} is back. One is kept for you.`);
    },

    /** @param {{product_id: string, name: string}} event */
    expired({ product_id: id, name }) {
      const alertId = places.peek().get(id)?.notice;
      put({ product_id: id, name, state: "lapsed" });
      notices.tell({ tone: "info", title: `Your turn for ${name} is over`, text: "It went to whoever waits next.", alertId });
    },

    /**
     * Wait for a product.
     *
     * @param {string} id
     * @param {string} [email] where to tell somebody who is not signed in
     * @returns {Promise<import("./types.js").WireError | null>} null: done
     */
    async join(id, email) {
      const ack = await connection.ask("waiting:join", email ? { product_id: id, email } : { product_id: id });
      if (!ack.ok) return ack.error;
      put(ack.waiting);
      notices.say(`You are in line for ${ack.waiting.name}.`);
      return null;
    },

    /** Wait no longer, or leave what is kept to the next. @param {string} id */
    async leave(id) {
      const ack = await connection.ask("waiting:leave", { product_id: id });
      if (!ack.ok) return refused(id, ack.error);
      put({ product_id: id, name: "", state: "left" });
      return undefined;
    },

    /** Put what is kept into the cart. Asked twice it is taken once, so no answer is asked for again. @param {string} id */
    async take(id) {
      let ack = await connection.ask("offer:take", { product_id: id });
      if (!ack.ok && ["unanswered", "pending"].includes(ack.error.code)) ack = await connection.ask("offer:take", { product_id: id });
      if (!ack.ok) return refused(id, ack.error);
      cart.adopt(ack.cart);
      notices.say(`${places.peek().get(id)?.name ?? "It"} is in your cart.`);
      put({ product_id: id, name: "", state: "taken" });
      return undefined;
    },
  };
}

/** @typedef {ReturnType<typeof createLines>} Lines */
