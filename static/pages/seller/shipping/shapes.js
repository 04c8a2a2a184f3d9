/**
 * A seller's part of an order, as the server tells it. Money is in minor units.
 *
 * @typedef {{name: string, line1: string, line2: string, city: string, postal_code: string, country: string, region: string}} Address
 *
 * @typedef {{product_id: string, name: string, quantity: number, returned: number, price: number, list_price: number | null,
 *   line_total: number}} SoldLine
 *
 * @typedef {{id: string, timestamp: string, status: string, currency: string, product_list: SoldLine[], total_amount: number,
 *   refunds: {id: string, amount: number, at: string, reason: string}[],
 *   fulfilment: {status: string, carrier: string, tracking_number: string, note: string, claimed: boolean},
 *   history: {status: string, at: string, reason: string, part: boolean}[], address: Address | null}} SellerPart
 *
 * @typedef {{seller: string, admin: boolean, done: (words: string) => void}} Desk whose parts these are, whether an admin
 *   acts in their stead, and who hears that something was done
 */

/** What an order is called. @param {{id: string}} part */
export function numberOf({ id }) {
  return id.slice(-8).toUpperCase();
}

/** Units that did not come back. @param {SoldLine} line */
export function kept({ quantity, returned }) {
  return quantity - returned;
}

const countries = new Intl.DisplayNames(undefined, { type: "region", fallback: "code" });

/** An address as it is written on a parcel. @param {Address} address @returns {string[]} */
export function onParcel({ name, line1, line2, city, postal_code, country, region }) {
  return [name, line1, line2, `${postal_code} ${city}`.trim(), region, countries.of(country) ?? country].filter(Boolean);
}
