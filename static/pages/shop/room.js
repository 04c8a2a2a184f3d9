export { HomePage } from "./home_page.js";
export { ListingPage } from "./listing_page.js";
export { ProductPage } from "./product_page.js";
