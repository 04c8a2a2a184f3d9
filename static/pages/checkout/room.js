export { OrderLinkPage } from "./order_link_page.js";
export { CartPage } from "./cart_page.js";
export { AddressPage } from "./address_page.js";
export { PaymentPage } from "./payment_page.js";
export { SummaryPage } from "./summary_page.js";
export { SubmittedPage } from "./submitted_page.js";
