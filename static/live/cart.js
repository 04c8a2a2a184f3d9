import { batch, computed, effect, signal } from "@preact/signals";

const RELEASED = "ivorycart.released";
const REMARKS = "ivorycart.remarks";

/**
 * @typedef {import("./types.js").Cart} Cart
 *
 * @typedef {{kind: "price", before: number} | {kind: "short", available: number} | {kind: "clipped", wanted: number,
 *   quantity: number}} Remark what became of a line: another price, fewer than asked for, or fewer after two carts became one
 *
 * @typedef {{owner: string | null, of: [string, Remark][]}} Kept the remarks of one owner's cart, by product
 *
 * @typedef {{product_id: string, name: string, quantity: number}} Released what went back on the shelf when a hold ended
 */

/** @type {Kept} */
const NOTHING_SAID = { owner: "", of: [] };

/**
 * The cart as the server last told it. Answers and events cross on the way, so the highest revision wins,
 * among carts of one owner: after signing in or out another cart takes its place whatever its revision.
 *
 * `orderable` are the lines that can be ordered: `count` and `goods` (what they cost) are of them, as in the checkout;
 * `payable` is what an order of it costs, with what sending it does; `saved`, by how much discounts made it less.
 *
 * @param {import("./connection.js").Connection} connection
 * @param {import("./clock.js").Clock} clock
 * @param {import("./shop_facts.js").ShopFacts} shop
 */
export function createCart(connection, clock, shop) {
  const current = signal(/** @type {Cart | null} */ (null));
  const released = signal(releasedLately());
  effect(() => {
    sessionStorage.setItem(RELEASED, JSON.stringify(released.value)); // a reload says so again, until it was dismissed
  });
  const lines = computed(() => current.value?.lines ?? []);
  const orderable = computed(() => lines.value.filter((line) => !isGone(line)));
  const goods = computed(() => orderable.value.reduce((sum, line) => sum + line.line_total, 0));
  const quantities = computed(() => new Map(lines.value.map((line) => [line.product_id, line.quantity])));
  const currency = computed(() => current.value?.currency ?? "EUR");
  const shipping = computed(() => {
    const { shipping: flat, free_shipping_from: free } = shop.facts.value;
    return orderable.value.length === 0 || (free !== null && goods.value >= free) ? 0 : flat;
  });
  const payable = computed(() => goods.value + shipping.value);
  const saved = computed(() => orderable.value.reduce((sum, line) => sum + Math.max(0, (line.list_price ?? line.price) - line.price) * line.quantity, 0));
  const count = computed(() => orderable.value.reduce((sum, line) => sum + line.quantity, 0));
  const holds = computed(() => Boolean(current.value?.expires_at)); // a shop may be set up without holds
  const secondsLeft = () => (orderable.value.length ? clock.secondsUntil(current.value?.expires_at) : null);

  const remarks = signal(/** @type {Map<string, Remark>} */ (new Map()));
  let kept = remarkedLately(); // said again after a reload, to whose cart it is
  effect(() => {
    const of = [...remarks.value];
    if (!current.value || (of.length === 0 && kept.owner !== owner(current.value))) return; // another's cart, on the way to ours
    kept = { owner: owner(current.value), of };
    sessionStorage.setItem(REMARKS, JSON.stringify(kept));
  });

  /** Say at a line what became of it, until it is changed or gone. @param {string} id @param {Remark | null} said null: no more */
  function remark(id, said) {
    if (said === null && !remarks.peek().has(id)) return;
    const next = new Map(remarks.peek());
    if (said) next.set(id, said);
    else next.delete(id);
    remarks.value = next;
  }

  /** Show a cart in the place of another of the same owner: what it costs now may be told. @param {Cart} known @param {Cart} cart */
  function follow(known, cart) {
    const before = new Map(known.lines.map((line) => [line.product_id, line.price]));
    batch(() => {
      for (const { product_id: id, price } of cart.lines) {
        const old = before.get(id);
        if (old !== undefined && old !== price) remark(id, { kind: "price", before: old });
      }
      const now = new Map(cart.lines.map((line) => [line.product_id, line.quantity]));
      for (const [id, said] of remarks.peek()) {
        const changed = said.kind === "clipped" && now.get(id) !== said.quantity;
        if (changed || (!now.has(id) && said.kind !== "short")) remark(id, null);
      }
      current.value = cart;
    });
  }

  /** Show the cart of somebody of whom none was shown before, with what is still to be said of it. @param {Cart} cart */
  function begin(cart) {
    const still = new Set(cart.lines.map((line) => line.product_id));
    const said = kept.owner === owner(cart) ? kept.of.filter(([id]) => still.has(id)) : [];
    batch(() => {
      remarks.value = new Map(said);
      current.value = cart;
    });
  }

  /** Take a cart that someone else changed; another owner's is not ours to show. @param {Cart} cart */
  function receive(cart) {
    const known = current.peek();
    if (known && (owner(cart) !== owner(known) || cart.revision < known.revision)) return;
    clock.correct(cart.server_time);
    if (known) follow(known, cart);
    else begin(cart);
  }

  /** Take a cart that answers our own question. @param {Cart} cart */
  function adopt(cart) {
    const known = current.peek();
    if (known && owner(cart) === owner(known)) return receive(cart);
    clock.correct(cart.server_time);
    begin(cart);
    return undefined;
  }

  async function fetch() {
    const ack = await connection.ask("cart:get");
    if (ack.ok) adopt(ack.cart);
    return ack;
  }

  /** Show nothing until the next cart comes: this one is not for whoever looks now. */
  function forget() {
    current.value = null;
    released.value = [];
    remarks.value = new Map();
    kept = NOTHING_SAID;
    sessionStorage.removeItem(REMARKS);
  }

  /** Say at each line what did not fit when two carts became one. @param {{product_id: string, wanted: number, quantity: number}[]} items */
  function clipped(items) {
    for (const { product_id: id, wanted, quantity } of items) remark(id, { kind: "clipped", wanted, quantity });
  }

  /** @param {{cart: Cart, released: {product_id: string, quantity: number}[]}} event */
  function expired(event) {
    const names = new Map(lines.peek().map((line) => [line.product_id, line.name]));
    released.value = event.released.map((item) => ({ ...item, name: names.get(item.product_id) ?? "" }));
    receive(event.cart);
  }

  /**
   * How many of a product may be in this cart now: what it holds and what is free, up to the product's cap.
   *
   * @param {string} id
   * @param {number} free
   * @param {number | null | undefined} cap
   */
  function most(id, free, cap) {
    const held = holds.value ? (quantities.value.get(id) ?? 0) : 0;
    return Math.min(held + free, cap ?? Infinity);
  }

  return { current, lines, orderable, goods, quantities, currency, count, saved, shipping, payable, most, holds, released, remarks, remark, clipped, secondsLeft, receive, adopt, fetch, forget, expired };
}

/** @returns {Released[]} */
function releasedLately() {
  return JSON.parse(sessionStorage.getItem(RELEASED) ?? "[]");
}

/** @returns {Kept} */
function remarkedLately() {
  return JSON.parse(sessionStorage.getItem(REMARKS) ?? "null") ?? NOTHING_SAID;
}

/** Whether a line's product has left the shop (the server then knows no name of it) or is not for sale now. @param {import("./types.js").CartLine} line */
export function isGone(line) {
  return line.name === "" || line.for_sale === false;
}

/** @param {Cart} cart */
function owner(cart) {
  return cart.user_id ?? cart.session;
}

/** @typedef {ReturnType<typeof createCart>} CartStore */
