import { batch, signal } from "@preact/signals";
import { explain } from "./refusals.js";

const MOST_TRIES = 4;
const PAUSE_MS = 700;

/**
 * What this window wants of each product, on its way to the server. A wish is a difference ("one more"), not a number:
 * when another tab changed the cart meanwhile, the difference is put on top of the newer cart and no click is lost.
 * One question is under way at a time; clicks during it add up and go out as one.
 *
 * @param {import("./connection.js").Connection} connection
 * @param {import("./cart.js").CartStore} cart
 * @param {import("./notices.js").Notices} notices
 */
export function createClaims(connection, cart, notices) {
  const wishes = signal(/** @type {Map<string, number>} */ (new Map()));
  /** @type {Promise<void> | null} */
  let underWay = null;

  /**
   * @param {string} id
   * @param {number} delta
   */
  function wish(id, delta) {
    const next = new Map(wishes.peek());
    const sum = (next.get(id) ?? 0) + delta;
    if (sum === 0) next.delete(id);
    else next.set(id, sum);
    wishes.value = next;
  }

  /** @param {string} id */
  function forget(id) {
    wish(id, -(wishes.peek().get(id) ?? 0));
  }

  function work() {
    underWay ??= settleAll().finally(() => { underWay = null; });
  }

  async function settleAll() {
    await begun();
    for (let next = first(wishes.peek()); next; next = first(wishes.peek())) await settle(...next);
  }

  /** A page is drawn before it is live: what is pressed meanwhile is asked for then, on top of what the cart is. */
  async function begun() {
    await connection.live();
    if (!cart.current.peek()) await cart.fetch();
  }

  /**
   * @param {string} id
   * @param {number} delta
   */
  async function settle(id, delta) {
    for (let tries = 1; ; tries += 1) {
      const ack = await connection.ask("cart:set", question(id, delta, tries));
      if (ack.ok) {
        batch(() => {
          cart.adopt(ack.cart);
          cart.remark(id, null);
          wish(id, -delta);
        });
        notices.say(inWords(ack.cart, id));
        return;
      }
      if (tries >= MOST_TRIES || !(await worthAnother(ack.error))) {
        forget(id);
        if (ack.error.code === "insufficient_stock") cart.remark(id, { kind: "short", available: Number(ack.error.details?.available ?? 0) });
        refused(ack.error);
        return;
      }
    }
  }

  /**
   * @param {string} id
   * @param {number} delta
   * @param {number} tries
   */
  function question(id, delta, tries) {
    const quantity = Math.max(0, (cart.quantities.peek().get(id) ?? 0) + delta);
    const known = cart.current.peek();
    // The last try goes without the guard: better this window's number than none.
    return known && tries < MOST_TRIES
      ? { product_id: id, quantity, revision: known.revision }
      : { product_id: id, quantity };
  }

  /** @param {import("./types.js").WireError} error */
  async function worthAnother({ code, details }) {
    if (code === "rate_limited") await new Promise((done) => { setTimeout(done, PAUSE_MS); });
    else if (code === "cart_expired" || (code === "conflict" && details?.revision !== undefined)) await cart.fetch();
    else return false;
    return true;
  }

  /** @param {import("./types.js").WireError} error */
  function refused(error) {
    notices.tell({ tone: "error", title: explain(error) });
    void cart.fetch();
  }

  return {
    wishes,

    /** How many of a product this window shows as its own: what is held plus what is on its way. @param {string} id */
    quantity: (id) => Math.max(0, (cart.quantities.value.get(id) ?? 0) + (wishes.value.get(id) ?? 0)),

    async clear() {
      const ack = await connection.ask("cart:clear");
      if (ack.ok) cart.adopt(ack.cart);
      else refused(ack.error);
    },

    /** @param {string} id @param {number} delta */
    change(id, delta) {
      if (!["live", "connecting"].includes(connection.state.peek())) {
        notices.tell({ tone: "error", title: "Not connected just now. Try again in a moment." });
        return;
      }
      wish(id, delta);
      work();
    },
  };
}

/**
 * @param {import("./types.js").Cart} cart
 * @param {string} id
 */
function inWords(cart, id) {
  const line = cart.lines.find((one) => one.product_id === id);
  return line ? `${line.quantity} × ${line.name} in your cart` : "Removed from your cart";
}

/** @param {Map<string, number>} wishes */
function first(wishes) {
  return wishes.entries().next().value;
}

/** @typedef {ReturnType<typeof createClaims>} Claims */
