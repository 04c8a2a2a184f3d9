/**
 * @typedef {[path: string, room: string, page: string, title: string, skips?: [string, string][]]} Entry a part of the
 *   path that begins with `:` is handed to the page by that name; `skips`: links for the keyboard, each an anchor and
 *   what it says
 *
 * @typedef {{title: string, room: string, page: string, params: Record<string, string>, skips: [string, string][]}} Found
 */

/** @type {[string, string][]} */
const TO_CONTENT = [["#main", "Skip to the content"]];
/** @type {[string, string][]} */
const TO_SHELF = [["#products", "Skip to the products"], ["#cart", "Skip to your cart"]];

/**
 * Every page by its path; the server answers the same paths (`PAGES` in `handlers/pages.py`).
 *
 * @type {readonly Entry[]}
 */
export const PLACES = [
  ["/", "shop", "HomePage", "IvoryCart"],
  ["/listing", "shop", "ListingPage", "All products", TO_SHELF],
  ["/product/:id", "shop", "ProductPage", "Product"],
  ["/order/cart", "checkout", "CartPage", "Your cart"],
  ["/order/address", "checkout", "AddressPage", "Where to?"],
  ["/order/payment", "checkout", "PaymentPage", "Payment"],
  ["/order/summary", "checkout", "SummaryPage", "Look it over"],
  ["/order/submitted/:id", "checkout", "SubmittedPage", "Ordered"],
  ["/order", "checkout", "OrderLinkPage", "Your order"],
  ["/orders", "orders", "OrdersPage", "Your orders"],
  ["/orders/:id", "orders", "OrderPage", "Order"],
  ["/login", "account", "LoginPage", "Sign in"],
  ["/register", "account", "RegisterPage", "Create an account"],
  ["/activate", "account", "ActivatePage", "Activate your account"],
  ["/forgot-password", "account", "ForgotPage", "Forgotten password"],
  ["/reset-password", "account", "ResetPage", "New password"],
  ["/confirm-email", "account", "ConfirmEmailPage", "Confirm your address"],
  ["/account", "account", "ProfilePage", "Your account"],
  ["/account/addresses", "account", "AddressesPage", "Your addresses"],
  ["/account/password", "account", "PasswordPage", "Password and email"],
  ["/account/sessions", "account", "SessionsPage", "Your devices"],
  ["/account/notifications", "account", "NotificationsPage", "What we tell you"],
  ["/inbox", "account", "InboxPage", "Inbox"],
  ["/seller", "seller", "DashboardPage", "Selling"],
  ["/seller/products", "seller", "ProductsPage", "Your products"],
  ["/seller/products/new", "seller", "NewProductPage", "New product"],
  ["/seller/products/:id", "seller", "EditProductPage", "Edit product"],
  ["/seller/products/:id/stock", "seller", "StockPage", "Stock of a product"],
  ["/seller/history", "seller", "HistoryPage", "Stock history"],
  ["/seller/orders", "seller", "ShippingPage", "Orders to ship"],
  ["/seller/import", "seller", "ImportsPage", "Import"],
  ["/seller/import/:id", "seller", "ImportPage", "Import"],
  ["/delivery", "delivery", "WorklistPage", "Deliveries"],
  ["/admin", "admin", "OverviewPage", "Administration"],
  ["/admin/health", "admin", "HealthPage", "Health"],
  ["/admin/users", "admin", "UsersPage", "Users"],
  ["/admin/users/:id", "admin", "UserPage", "User"],
  ["/admin/products", "admin", "ProductsPage", "Products"],
  ["/admin/orders", "admin", "OrdersPage", "Orders"],
  ["/admin/mails", "admin", "MailsPage", "Mails"],
  ["/admin/audit", "admin", "AuditPage", "Audit"],
  ["/admin/events", "admin", "EventsPage", "What was done"],
];

// A path that is written out goes before one with a part left open.
const WRITTEN_OUT_FIRST = [...PLACES].sort(([one], [other]) => Number(one.includes(":")) - Number(other.includes(":")));

/** Whether there is a page at a path. @param {string} path */
export function knows(path) {
  return found(path) !== null;
}

/** The page of a path; null where there is none. @param {string} path @returns {Found | null} */
export function placeOf(path) {
  return found(path);
}

/** @param {string} path @returns {Found | null} */
function found(path) {
  for (const [pattern, room, page, title, skips = TO_CONTENT] of WRITTEN_OUT_FIRST) {
    const params = matched(pattern.split("/"), path.split("/"));
    if (params) return { room, page, params, skips, title: title === "IvoryCart" ? title : `${title} · IvoryCart` };
  }
  return null;
}

/** @param {string[]} pattern @param {string[]} parts */
function matched(pattern, parts) {
  if (pattern.length !== parts.length) return null;
  /** @type {Record<string, string>} */
  const params = {};
  for (const [index, want] of pattern.entries()) {
    const part = parts[index] ?? "";
    if (want.startsWith(":") && part !== "") params[want.slice(1)] = part;
    else if (want !== part) return null;
  }
  return params;
}
