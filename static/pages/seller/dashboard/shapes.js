/**
 * The shapes of a seller's dashboard, as the server tells them. Money is in minor units, times are RFC 3339.
 *
 * @typedef {{orders: number, units: number, revenue: number, average_order: number}} Totals
 *
 * @typedef {{at: string, orders: number, units: number, revenue: number}} Point
 *
 * @typedef {{product_id: string, name: string | null, units: number, revenue: number}} ProductSold
 *
 * @typedef {{id: string, name: string, available: number, stock: number, held: number, version: number,
 *   threshold: number}} StockLevel
 *
 * @typedef {StockLevel & {expiring_within_60_seconds: number, expiring_within_300_seconds: number}} CarriedLevel
 *
 * @typedef {{id: string, timestamp: string, status: string, currency: string, total_amount: number,
 *   product_list: {product_id: string, name: string, quantity: number}[]}} SellerOrder
 *
 * @typedef {{seller_id: string, period: string, currency: string, as_of: string | null, lag: number | null,
 *   server_time: string, currencies: string[], unit: "hour" | "day", since: string, until: string, totals: Totals,
 *   previous: Totals, series: Point[],
 *   top_products: {since: string, by_units: ProductSold[], by_revenue: ProductSold[]},
 *   by_category: {since: string, items: {category: string | null, units: number, revenue: number}[]},
 *   units_per_minute: number,
 *   held: {units: number, expiring_within_60_seconds: number, expiring_within_300_seconds: number},
 *   in_carts: {count: number, items: CarriedLevel[]}, low_stock: {count: number, items: StockLevel[]},
 *   out_of_stock: {count: number, items: StockLevel[]}, orders: SellerOrder[],
 *   levels?: Record<string, StockLevel>}} Dashboard `levels`: what was told of single products since
 */

export {};
