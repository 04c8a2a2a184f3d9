import { ActivatePage } from "./account/activate_page.js";
import { ConfirmEmailPage } from "./account/confirm_email_page.js";
import { ForgotPage } from "./account/forgot_page.js";
import { LoginPage } from "./account/login_page.js";
import { RegisterPage } from "./account/register_page.js";
import { NotificationsPage } from "./account/notifications_page.js";
import { ResetPage } from "./account/reset_page.js";
import { SessionsPage } from "./account/sessions_page.js";
import { OrderPage } from "./shop/order_page.js";
import { ShopPage } from "./shop/shop_page.js";

/**
 * @typedef {{title: string, page: import("preact").FunctionComponent, skips: [string, string][]}} Page `skips`: links
 *   for the keyboard, each an anchor and what it says
 */

/** @type {[string, string][]} */
const TO_CONTENT = [["#main", "Skip to the content"]];

/** Every page by its path; the server answers the same paths (`PAGES` in `handlers/pages.py`). @type {Record<string, Page>} */
export const PLACES = {
  "/": { title: "IvoryCart", page: ShopPage, skips: [["#products", "Skip to the products"], ["#cart", "Skip to your cart"]] },
  "/login": { title: "Sign in · IvoryCart", page: LoginPage, skips: TO_CONTENT },
  "/register": { title: "Create an account · IvoryCart", page: RegisterPage, skips: TO_CONTENT },
  "/activate": { title: "Activate your account · IvoryCart", page: ActivatePage, skips: TO_CONTENT },
  "/forgot-password": { title: "Forgotten password · IvoryCart", page: ForgotPage, skips: TO_CONTENT },
  "/reset-password": { title: "New password · IvoryCart", page: ResetPage, skips: TO_CONTENT },
  "/confirm-email": { title: "Confirm your address · IvoryCart", page: ConfirmEmailPage, skips: TO_CONTENT },
  "/order": { title: "Your order · IvoryCart", page: OrderPage, skips: TO_CONTENT },
  "/account/sessions": { title: "Your devices · IvoryCart", page: SessionsPage, skips: TO_CONTENT },
  "/account/notifications": { title: "What we tell you · IvoryCart", page: NotificationsPage, skips: TO_CONTENT },
};

/** The page of a path, the shop where there is none. @param {string} path */
export function placeOf(path) {
  return PLACES[path] ?? /** @type {Page} */ (PLACES["/"]);
}
