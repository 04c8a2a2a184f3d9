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
 *   published: boolean, images: Image[], created_at: string, disabled?: boolean, discounts?: Discount[]}} Product
 *
 * @typedef {{id: string, kind: "percent" | "amount", value: number, starts_at: string, ends_at: string}} Discount
 *
 * @typedef {{category: string, name: string, count: number, depth: number}} CategoryCount
 *
 * @typedef {{categories: CategoryCount[], min_price: number | null, max_price: number | null}} Facets
 *
 * @typedef {{product_id: string, name: string, quantity: number, price: number, list_price: number | null, for_sale: boolean,
 *   line_total: number, available: number, image: string | Image | null}} CartLine
 *
 * @typedef {{session: string | null, user_id: string | null, revision: number, lines: CartLine[], total_amount: number,
 *   currency: string | null, expires_at: string | null, server_time: string, email?: string | null}} Cart
 *
 * @typedef {{product_id: string, name: string, quantity: number, price: number, line_total: number, seller_id: string,
 *   list_price: number | null, returned: number}} OrderLine
 *
 * @typedef {{seller_id: string, status: string, carrier: string, tracking_number: string, note: string}} Fulfilment
 *
 * @typedef {{name: string, line1: string, line2: string, city: string, postal_code: string, country: string,
 *   region: string}} Address
 *
 * @typedef {{id: string, amount: number, at: string, reason: string}} Refund
 *
 * @typedef {{id: string, buyer_id: string | null, status: string, shipping: number, total_amount: number, currency: string,
 *   product_list: OrderLine[], fulfilments: Fulfilment[], refunds: Refund[], address: Address | null,
 *   payment: {method: string, amount: number} | null, timestamp: string}} Order
 *
 * @typedef {{at: string, kind: "status" | "refund_asked" | "refund_carried_out" | "payment_captured" | "mail",
 *   by: {kind: "buyer" | "seller" | "delivery" | "shop", id: string | null, name: string | null} | null, reason: string,
 *   status: string | null, seller_id: string | null, amount: number | null, currency: string | null, mail: string | null,
 *   mail_state: string | null}} TimelineEntry
 *
 * @typedef {{product_id: string, name: string, quantity: number, price: number, list_price: number, line_total: number,
 *   discount: number}} CheckoutLine
 *
 * @typedef {{method: "sandbox", card: string} | {method: "stripe", payment_method: string}} Payment
 *
 * @typedef {{lines: CheckoutLine[], subtotal: number, discount: number, shipping: number, total_amount: number,
 *   currency: string | null, problems: {code: string, product_id: string | null}[], address: Address | null,
 *   address_id: string | null, email: string | null, method: string | null, methods: string[], order_key: string,
 *   ready: boolean, cart: Cart}} CheckoutState
 *
 * @typedef {{id: string, email: string, name: string, role: string}} User
 *
 * @typedef {{session: string, user: User | string | null, server_time: string, hold_seconds: number,
 *   low_stock_threshold: number, cursor: Cursor, resumed: boolean}} Welcome
 *
 * @typedef {{id: string, kind: string, title: string, product_id: string, name: string, available: number,
 *   threshold: number, at: string, role?: "cart" | "seller", reason?: string, order_id?: string, amount?: number,
 *   total_amount?: number, currency?: string, expires_at?: string}} Alert
 *
 * @typedef {Alert & {seen: boolean}} News
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
