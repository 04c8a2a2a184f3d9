/**
 * What a page's first screen asks the server for, as anybody: the production form's page brings the answers along. Each
 * must be exactly what the page asks for, to the letter, or nobody takes it; `:name` is the path's part of that name, else
 * a field of another's answer. They are older than what the socket tells:
 * see `isGiven` in `live/api.js`.
 *
 * @type {Readonly<Record<string, readonly string[]>>} by the path in `places.js`
 */
export const FIRST_READS = {
  "/": ["/api/shop", "/api/products/running-low?&limit=12", "/api/products/?sort=newest&limit=12", "/api/products/?sort=popular&limit=12", "/api/products/?&facets=true&limit=1"],
  "/listing": ["/api/shop", "/api/products/?&limit=24", "/api/products/?&facets=true&limit=1"],
  "/product/:id": ["/api/shop", "/api/products/:id", "/api/products/?category=:category&sort=popular&limit=10"],
  "/order/cart": ["/api/shop"],
};
