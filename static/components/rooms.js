/** The rooms that a role has beside the shop: where each begins, and what it is called. @param {string} role @returns {[string, string][]} */
export function roomsOf(role) {
  /** @type {[string, string][]} */
  const selling = [["/seller", "Selling"]];
  /** @type {[string, string][]} */
  const bringing = [["/delivery", "Deliveries"]];
  if (role === "admin") return [...selling, ...bringing, ["/admin", "Administration"]];
  if (role === "seller") return selling;
  return role === "delivery" ? bringing : [];
}
