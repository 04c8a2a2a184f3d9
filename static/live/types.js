/**
 * The shapes on the wire, as the browser reads them. Money is an integer in minor units; times are RFC 3339.
 *
 * @typedef {{id: string, available: number, stock: number, held: number, version: number,
 *   waiting?: number, next_release?: string | null}} Level
 *
 * @typedef {{cursor: Cursor, items: Level[]}} Frame
 *
 * @typedef {Frame & {complete: boolean, gap: boolean}} Snapshot
 *
 * @typedef {{id: string | null, url: string, small: string, alt: string}} Image
 *
 * @typedef {{id: string, name: string, description: string, price: number, list_price?: number | null, currency: string,
 *   category: string, tags: string[], seller_id: string, available: number, stock: number, held: number,
 *   version: number, waiting?: number, next_release?: string | null, threshold: number | null, max_per_cart: number | null,
 *   published: boolean, images: Image[], created_at: string}} Product
 *
 * @typedef {{product_id: string, name: string, quantity: number, price: number, list_price: number | null, for_sale: boolean,
 *   line_total: number, available: number, image: string | Image | null}} CartLine
 *
 * @typedef {{session: string | null, user_id: string | null, revision: number, lines: CartLine[], total_amount: number,
 *   currency: string | null, expires_at: string | null, server_time: string, email?: string | null}} Cart
 *
 * @typedef {{product_id: string, name: string, quantity: number, price: number}} OrderLine
 *
 * @typedef {{seller_id: string, status: string, carrier: string, tracking_number: string, note: string}} Fulfilment
 *
 * @typedef {{id: string, status: string, shipping: number, total_amount: number, currency: string,
 *   product_list: (OrderLine & {seller_id: string})[], fulfilments: Fulfilment[], refunds: {amount: number}[]}} Order
 *
 * @typedef {{id: string, email: string, name: string, role: string}} User
 *
 * @typedef {{session: string, user: User | string | null, server_time: string, hold_seconds: number,
 *   low_stock_threshold: number, cursor: Cursor, resumed: boolean}} Welcome
 *
 * @typedef {{id: string, kind: string, title: string, product_id: string, name: string, available: number,
 *   threshold: number, at: string, role?: "cart" | "seller", reason?: string, order_id?: string, amount?: number,
 *   currency?: string}} Alert
 *
 * @typedef {{product_id: string, name: string, state: "waiting" | "offered" | "taken" | "lapsed" | "left",
 *   ahead?: number | null, expires_at?: string | null, notice?: string}} Place `notice`: the id of what told of its offer
 *
 * @typedef {{id: string, product_id: string, name: string, price: number, currency: string, expires_at: string,
 *   server_time: string}} Offer
 *
 * @typedef {string} Cursor 16 hexadecimal digits: sorts as text
 *
 * @typedef {{code: string, message: string, details?: Record<string, unknown> | null}} WireError
 *
 * @typedef {{ok: false, error: WireError}} Refusal
 */

/**
 * @template T
 * @typedef {({ok: true} & T) | Refusal} Ack
 */

export {};
