export { OrdersPage } from "./orders_page.js";
export { OrderPage } from "./order_page.js";
