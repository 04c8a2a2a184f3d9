import { html } from "htm/preact";
import { useLive } from "../../components/live_context.js";
import { Empty } from "../../components/states.js";
import { useWhose } from "./whose.js";

/** @typedef {import("./types.js").Own} Own */

/**
 * Whether a product that was asked for is none to work on here: gone, or another seller's, whose page any shopper may
 * read but nobody else may change.
 *
 * @param {{data: Own | null, code: string | null}} answer
 */
export function useNotYours({ data, code }) {
  const { session } = useLive();
  const { admin } = useWhose();
  if (data === null) return code === "not_found";
  return !admin && data.seller_id !== session.user.value?.id;
}

/** What is said instead of it. */
export function NotYours() {
  return html`<${Empty} title="There is no such product."><p>It was taken out of the shop, or it is somebody else's.</p><a class="button button-quiet" href="/seller/products">Your products</a><//>`;
}
