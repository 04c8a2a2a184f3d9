/**
 * @typedef {{product_id: string, name: string, quantity: number, price: number, line_total: number, seller_id: string,
 *   list_price: number | null, returned: number}} Line
 *
 * @typedef {{seller_id: string, status: string, claimed: boolean, carrier: string, tracking_number: string, note: string}} Part
 *
 * @typedef {{id: string, amount: number, at: string, reason: string, units: {product_id: string, quantity: number}[],
 *   seller_id: string | null}} Refund
 *
 * @typedef {{id: string, buyer_id: string | null, product_list: Line[], shipping: number, total_amount: number,
 *   currency: string, status: string, fulfilments: Part[], refunds: Refund[], payment: {method: string, amount: number} | null,
 *   address: {name: string, line1: string, line2: string, city: string, postal_code: string, country: string} | null,
 *   timestamp: string, email?: string | null}} AdminOrder
 *
 * @typedef {{at: string, kind: string, by: {kind: string, id: string | null, name: string | null} | null, reason: string,
 *   status: string | null, seller_id: string | null, amount: number | null, currency: string | null, mail: string | null,
 *   mail_state: string | null}} Entry
 */

export {};
