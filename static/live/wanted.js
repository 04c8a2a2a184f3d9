import { effect } from "@preact/signals";
import { ApiError } from "./api.js";
import { isGone } from "./cart.js";

// What the page itself shows goes first.
const WAIT_MS = 1_500;
const MOST = 40;

/**
 * Read what is in the cart and was on no page yet, for its cap and its drawing: each once, one after another. A cart of
 * very many lines does without for the rest.
 *
 * @param {import("./products.js").Products} products
 * @param {import("./cart.js").CartStore} cart
 */
export function readWhatIsInTheCart(products, cart) {
  /** @type {Set<string>} */
  const asked = new Set();
  /** @type {Promise<void> | null} */
  let underWay = null;

  async function work() {
    await new Promise((done) => { setTimeout(done, WAIT_MS); });
    for (let id = next(); id; id = next()) {
      asked.add(id);
      await products.read(id).catch(unanswered);
    }
  }

  function next() {
    if (asked.size >= MOST) return undefined;
    const lines = cart.lines.peek().filter((line) => !isGone(line)); // what has left is not to be had
    return lines.map((line) => line.product_id).find((id) => !asked.has(id) && !products.byId.peek().has(id));
  }

  effect(() => {
    if (cart.quantities.value.size > 0) underWay ??= work().finally(() => { underWay = null; });
  });
}

/** The cart says itself what it cannot do without. @param {unknown} error */
function unanswered(error) {
  if (!(error instanceof ApiError)) throw error;
}
