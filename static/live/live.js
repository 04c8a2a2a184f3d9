import { effect } from "@preact/signals";
import { createAccount } from "./account.js";
import { createApi } from "./api.js";
import { createCart } from "./cart.js";
import { createClaims } from "./claims.js";
import { createClock } from "./clock.js";
import { createConnection } from "./connection.js";
import { createLines } from "./lines.js";
import { createNotices } from "./notices.js";
import { createOrdering } from "./ordering.js";
import { createPlace } from "./place.js";
import { createProducts } from "./products.js";
import { createRenewal } from "./renewal.js";
import { createSession } from "./session.js";
import { createShopFacts } from "./shop_facts.js";
import { createStock } from "./stock.js";
import { createTabs } from "./tabs.js";

// Without a socket the shop is still worth seeing.
const SOCKET_PATIENCE_MS = 2_000;

/**
 * Build everything that is live on the page, wire it to the socket, and start. The only place that knows all of it.
 *
 * @param {readonly string[]} paths of the pages that there are
 */
export function startLive(paths) {
  const place = createPlace(paths);
  const api = createApi();
  const clock = createClock();
  const session = createSession();
  const tabs = createTabs();
  const renewal = createRenewal({ api, session, tabs });
  const connection = createConnection(session, renewal);
  const stock = createStock();
  const products = createProducts(api, stock);
  const shop = createShopFacts(api);
  const cart = createCart(connection, clock, shop);
  const notices = createNotices(connection);
  const lines = createLines({ connection, cart, clock, notices });
  const claims = createClaims(connection, cart, notices);
  const account = createAccount({ api, connection, session, renewal, tabs, cart, lines, notices });
  const ordering = createOrdering({ connection, session, account, cart });

  const live = { place, api, clock, session, renewal, connection, stock, products, cart, lines, notices, claims, account, ordering, shop };
  listen(live);
  renewal.begin();
  connection.open();
  void shop.load();
  return live;
}

/** @typedef {ReturnType<typeof startLive>} Live */

/** @param {Live} live */
function listen({ clock, session, connection, stock, products, cart, lines, notices, account, ordering, shop }) {
  let greeted = false;
  // The list is read once the socket hears what changes: what changed between the two would be missed.
  const firstList = setTimeout(products.load, SOCKET_PATIENCE_MS);
  connection.on("welcome", (/** @type {import("./types.js").Welcome} */ welcome) => {
    clock.set(welcome.server_time);
    session.remember(welcome.session);
    shop.learn({ hold_seconds: welcome.hold_seconds, low_stock_threshold: welcome.low_stock_threshold });
    void Promise.all([cart.fetch(), account.greeted(Boolean(welcome.user)), lines.fetch()]).then(ordering.resume);
    clearTimeout(firstList);
    if (!greeted) products.load();
    else if (!welcome.resumed || products.phase.peek() === "failed") products.reload();
    greeted = true;
  });

  effect(() => {
    const held = cart.quantities.value;
    if (cart.current.peek()) notices.forgetUnless((id) => held.has(id));
  });

  /** @param {import("./types.js").Frame} frame */
  const levels = ({ cursor, items }) => {
    stock.apply(items);
    connection.seen(cursor);
  };
  connection.on("stock", levels);
  connection.on("stock:snapshot", (/** @type {import("./types.js").Snapshot} */ snapshot) => {
    if (snapshot.gap) {
      // Beside levels, product events were missed; and an incomplete snapshot leaves other levels stale.
      stock.doubt();
      connection.begunAt(snapshot.cursor);
      products.reload();
    }
    levels(snapshot);
  });
  connection.on("product", (event) => {
    products.changed(event);
    connection.seen(event.cursor);
  });
  connection.on("signed_out", ({ reason }) => account.ended(reason));
  connection.on("account", ({ role }) => session.changeRole(role));
  connection.on("cart", ({ cart: told }) => cart.receive(told));
  connection.on("cart:expired", (event) => {
    cart.expired(event);
    notices.say("Your hold ended. What was in your cart went back on the shelf.");
  });
  connection.on("offer", lines.offered);
  connection.on("offer:expired", lines.expired);
  connection.on("waiting", lines.changed);
  connection.on("alert", notices.alerted);
  connection.on("notification", notices.alerted);
}
