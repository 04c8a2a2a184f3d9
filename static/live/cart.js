import { computed, signal } from "@preact/signals";

/** @typedef {import("./types.js").Cart} Cart */

/**
 * The cart as the server last told it. Answers and events cross on the way, so the highest revision wins,
 * among carts of one owner: after signing in or out another cart takes its place whatever its revision.
 *
 * `payable` is what an order of it costs, with what sending it does.
 *
 * @param {import("./connection.js").Connection} connection
 * @param {import("./clock.js").Clock} clock
 * @param {import("./shop_facts.js").ShopFacts} shop
 */
export function createCart(connection, clock, shop) {
  const current = signal(/** @type {Cart | null} */ (null));
  const released = signal(/** @type {{product_id: string, name: string, quantity: number}[]} */ ([]));
  const lines = computed(() => current.value?.lines ?? []);
  const quantities = computed(() => new Map(lines.value.map((line) => [line.product_id, line.quantity])));
  const currency = computed(() => current.value?.currency ?? "EUR");
  const shipping = computed(() => {
    const { shipping: flat, free_shipping_from: free } = shop.facts.value;
    const worth = current.value?.total_amount ?? 0;
    return lines.value.length === 0 || (free !== null && worth >= free) ? 0 : flat;
  });
  const payable = computed(() => (current.value?.total_amount ?? 0) + shipping.value);
  const count = computed(() => lines.value.reduce((sum, line) => sum + line.quantity, 0));
  const holds = computed(() => Boolean(current.value?.expires_at)); // a shop may be set up without holds
  const secondsLeft = () => (lines.value.length ? clock.secondsUntil(current.value?.expires_at) : null);

  /** Take a cart that someone else changed; another owner's is not ours to show. @param {Cart} cart */
  function receive(cart) {
    const known = current.peek();
    if (known && (owner(cart) !== owner(known) || cart.revision < known.revision)) return;
    clock.correct(cart.server_time);
    current.value = cart;
  }

  /** Take a cart that answers our own question. @param {Cart} cart */
  function adopt(cart) {
    const known = current.peek();
    if (known && owner(cart) === owner(known)) return receive(cart);
    clock.correct(cart.server_time);
    current.value = cart;
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

  return { current, lines, quantities, currency, count, shipping, payable, most, released, secondsLeft, receive, adopt, fetch, forget, expired };
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
