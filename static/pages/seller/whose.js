import { html } from "htm/preact";
import { useAnswer } from "../../components/answer.js";
import { Select } from "../../components/field.js";
import { useLive } from "../../components/live_context.js";
import { Empty } from "../../components/states.js";

/**
 * Whose side of the shop is looked at: one's own, or, for an admin, that of the seller in the address (`?seller=`), null
 * until one is chosen.
 *
 * @returns {{seller: string | null, admin: boolean}}
 */
export function useWhose() {
  const { place, session } = useLive();
  const user = session.user.value;
  if (user?.role !== "admin") return { seller: user?.id ?? null, admin: false };
  return { seller: place.query.value.get("seller"), admin: true };
}

/** What an address within the room ends with, so that an admin stays with the seller they chose. */
export function useStaying() {
  const { seller, admin } = useWhose();
  return admin && seller ? `?seller=${encodeURIComponent(seller)}` : "";
}

/**
 * What is of one seller: of whoever looks, or, for an admin, of the one they choose.
 *
 * @param {{what: string, words?: string, children: (whose: {seller: string, admin: boolean}) => import("preact").ComponentChildren}} props
 *   `what` is there to be seen, in a word; `words` for what choosing a seller is good for
 */
export function OfSeller({ what, words = `Choose a seller, and their ${what} appear here.`, children }) {
  const { seller, admin } = useWhose();
  return html`
    ${admin && html`<${SellerChoice} />`}
    ${seller ? children({ seller, admin }) : html`<${Empty} title=${`Whose ${what}?`}><p>${words}</p><//>`}
  `;
}

/** The sellers, for an admin to choose from. */
export function SellerChoice() {
  const { place } = useLive();
  const { seller } = useWhose();
  const answer = useAnswer("/api/admin/users?role=seller&limit=100");
  const sellers = /** @type {{id: string, name: string, email: string}[]} */ (answer.data?.items ?? []);
  /** @type {[string, string][]} */
  const choices = [["", "Choose a seller"], ...sellers.map(({ id, name, email }) => /** @type {[string, string]} */ ([id, `${name} (${email})`]))];
  if (seller && !sellers.some(({ id }) => id === seller)) choices.push([seller, `Seller ${seller.slice(-8).toUpperCase()}`]);
  return html`<div class="seller-choice"><${Select} label="Seller" name="seller" choices=${choices} value=${seller} onChoose=${(/** @type {string} */ id) => place.ask({ seller: id })} /></div>`;
}
