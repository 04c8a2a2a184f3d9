import { html } from "htm/preact";
import { Tag } from "../../components/status.js";

/**
 * @typedef {{id: string, email: string, name: string, role: string, state: string, created_at: string | null,
 *   activated_at: string | null, disabled_at: string | null, deleted_at: string | null}} AdminUser
 */

/** @type {[string, string][]} */
export const ROLES = [["buyer", "Buyer"], ["seller", "Seller"], ["delivery", "Delivery"], ["admin", "Admin"]];
/** @type {[string, string][]} */
export const STATES = [["active", "Active"], ["waiting", "Not activated yet"], ["disabled", "Disabled"], ["deleted", "Deleted"]];
/** @type {Record<string, "in" | "low" | "wrong" | "out">} */
const TONES = { active: "in", waiting: "low", disabled: "wrong", deleted: "out" };

/** What an account can do. @param {{state: string}} props */
export function StateTag({ state }) {
  return html`<${Tag} tone=${TONES[state] ?? "out"}>${STATES.find(([one]) => one === state)?.[1] ?? state}<//>`;
}

/** @param {string} role */
export function roleName(role) {
  return ROLES.find(([one]) => one === role)?.[1] ?? role;
}
