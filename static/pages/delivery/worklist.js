/**
 * @typedef {{product_id: string, name: string, quantity: number}} CarriedLine
 *
 * @typedef {{seller_id: string, status: string, product_list: CarriedLine[], carrier: string, tracking_number: string,
 *   note: string, claimed_by: "me" | "somebody" | "nobody"}} CarriedPart
 *
 * @typedef {{name: string, line1: string, line2: string, city: string, postal_code: string, country: string,
 *   region: string}} Address
 *
 * @typedef {{id: string, timestamp: string, address: Address | null, parts: CarriedPart[]}} DeliveryOrder
 *
 * @typedef {{available: DeliveryOrder[], available_count: number, mine: DeliveryOrder[], mine_count: number}} Worklist
 *   the newest hundred of each, and how many there are
 */

/**
 * The worklist once it is known what became of an order. The same may be told again.
 *
 * @param {Worklist} known
 * @param {DeliveryOrder} order
 * @returns {Worklist}
 */
export function applied(known, order) {
  const [available, freed] = placed(known.available, order, "nobody");
  const [mine, taken] = placed(known.mine, order, "me");
  return { ...known, available, available_count: known.available_count + freed, mine, mine_count: known.mine_count + taken };
}

/**
 * An order as it is once somebody has claimed or left all that they may.
 *
 * @param {DeliveryOrder} order
 * @param {"me" | "nobody"} by
 * @returns {DeliveryOrder}
 */
export function claimedBy(order, by) {
  return { ...order, parts: order.parts.map((part) => ({ ...part, claimed_by: by })) };
}

/**
 * @param {DeliveryOrder[]} list
 * @param {DeliveryOrder} order
 * @param {"me" | "nobody"} whose
 * @returns {[list: DeliveryOrder[], more: number]}
 */
function placed(list, order, whose) {
  const others = list.filter(({ id }) => id !== order.id);
  const before = list.length - others.length;
  const parts = order.parts.filter((part) => part.status === "shipped" && part.claimed_by === whose);
  if (parts.length === 0) return [others, -before];
  return [[...others, { ...order, parts }].sort(newestFirst), 1 - before];
}

/** @param {DeliveryOrder} one @param {DeliveryOrder} other */
function newestFirst(one, other) {
  return other.timestamp.localeCompare(one.timestamp) || other.id.localeCompare(one.id);
}

/** Whom an order is for, in few words. @param {DeliveryOrder} order */
export function whereTo({ address }) {
  return address ? `${address.name}, ${address.city}` : "an order whose address is not to be read now";
}

/** How much there is to carry. @param {DeliveryOrder} order */
export function loadOf({ parts }) {
  const pieces = parts.reduce((sum, part) => sum + part.product_list.reduce((some, line) => some + line.quantity, 0), 0);
  return { parcels: parts.length, pieces };
}
