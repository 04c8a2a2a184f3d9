import { computed, effect } from "@preact/signals";
import { createAccount } from "./account.js";
import { createApi } from "./api.js";
import { createBuyer } from "./buyer.js";
import { createCart } from "./cart.js";
import { createCheckout } from "./checkout.js";
import { createClaims } from "./claims.js";
import { createClock } from "./clock.js";
import { createConnection } from "./connection.js";
import { createLines } from "./lines.js";
import { createInbox } from "./inbox.js";
import { createMine } from "./mine.js";
import { urgent } from "./news.js";
import { createNotices } from "./notices.js";
import { createOrdering } from "./ordering.js";
import { createPlace } from "./place.js";
import { createProducts } from "./products.js";
import { createRenewal } from "./renewal.js";
import { createSession } from "./session.js";
import { createShelves } from "./shelves.js";
import { createShopFacts } from "./shop_facts.js";
import { createStock } from "./stock.js";
import { createTabs } from "./tabs.js";
import { readWhatIsInTheCart } from "./wanted.js";

// What the server repeats after longer is no news any more: the bell counts it, and the inbox has it.
const NEWS_MS = 120_000;
const INBOX = "/inbox";

/**
 * Build everything that is live on the page, wire it to the socket, and start. The only place that knows all of it.
 *
 * @param {(path: string) => boolean} known whether a path is one of our pages
 */
export function startLive(known) {
  const place = createPlace(known);
  const api = createApi();
  const clock = createClock();
  const session = createSession();
  const tabs = createTabs();
  const renewal = createRenewal({ api, session, tabs });
  const connection = createConnection(session, renewal);
  const stock = createStock();
  const products = createProducts(api, stock);
  const shelves = createShelves(products);
  const shop = createShopFacts(api);
  const cart = createCart(connection, clock, shop);
  const mine = createMine({ api, renewal });
  const inbox = createInbox({ mine, session, connection });
  const notices = createNotices(inbox);
  const lines = createLines({ connection, cart, clock, notices });
  const claims = createClaims(connection, cart, notices);
  const account = createAccount({ api, connection, session, renewal, tabs, cart, lines, notices });
  const buyer = createBuyer({ api, mine, session });
  const checkout = createCheckout({ buyer, cart });
  const ordering = createOrdering({ connection, session, buyer, account, cart, shop });

  const live = { place, api, mine, inbox, clock, session, renewal, connection, stock, products, shelves, cart, lines, notices, claims, account, checkout, ordering, shop };
  listen(live);
  readWhatIsInTheCart(products, cart);
  renewal.begin();
  connection.open();
  void shop.load();
  return live;
}

/** @typedef {ReturnType<typeof startLive>} Live */

/** @param {Live} live */
function listen({ place, clock, session, connection, stock, products, shelves, cart, lines, notices, inbox, account, ordering, shop }) {
  let greeted = false;
  connection.on("welcome", (/** @type {import("./types.js").Welcome} */ welcome) => {
    clock.set(welcome.server_time);
    session.remember(welcome.session);
    shop.learn({ hold_seconds: welcome.hold_seconds, low_stock_threshold: welcome.low_stock_threshold });
    void Promise.all([cart.fetch(), account.greeted(Boolean(welcome.user)), lines.fetch()]).then(ordering.resume);
    if (!greeted) products.heard();
    else if (!welcome.resumed) products.reload();
    shelves.refresh(false);
    greeted = true;
  });

  effect(() => {
    if (products.missed.value > 0) shelves.refresh();
  });
  effect(() => {
    if (session.user.value) void ordering.resume(); // an order that the end of a sign-in cut off goes on
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
    shelves.changed(event);
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
  const reading = computed(() => session.user.value !== null && place.path.value === INBOX); // there it stands in the list
  /** @param {import("./types.js").Alert} told */
  const news = (told) => {
    const old = session.user.peek() && clock.now() - Date.parse(told.at) > NEWS_MS && !urgent(told);
    if (!reading.peek() && !old) notices.alerted(told);
  };
  connection.on("alert", news);
  connection.on("notification", news);
  effect(() => {
    if (reading.value) notices.rest();
  });
  effect(() => {
    // News of the order that is looked at: the page itself shows them, and they are read out.
    const order = /^\/(?:orders|order\/submitted)\/([^/]+)$/.exec(place.path.value)?.[1];
    const here = notices.shown.value.filter(({ path }) => order && path === `/orders/${order}`);
    if (document.visibilityState !== "visible") return;
    for (const { key, title } of here) {
      notices.say(title);
      notices.dismiss(key);
    }
  });
  inbox.settle(notices.settled);
}
