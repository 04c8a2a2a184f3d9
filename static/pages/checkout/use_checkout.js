import { useEffect } from "preact/hooks";
import { untracked, useComputed, useSignalEffect } from "@preact/signals";
import { useLive } from "../../components/live_context.js";

const AGAIN_MS = 5_000;

/**
 * How far this buyer's checkout is, read again whenever the cart, the buyer or the connection changes. Null until it is
 * there; `problem` says why it could not be read.
 */
export function useCheckout() {
  const { cart, session, connection, checkout } = useLive();
  const ordered = useComputed(() => cart.current.value && contents(cart.current.value));
  const live = useComputed(() => connection.state.value === "live");
  useSignalEffect(() => {
    void session.user.value;
    // The answer brings a cart along: told once more as it was, it is no reason to ask again.
    const known = ordered.value !== null;
    if (live.value || known) untracked(() => void checkout.load());
  });
  const problem = checkout.problem.value;
  useEffect(() => {
    if (!problem) return undefined;
    const timer = setTimeout(() => void checkout.load(), AGAIN_MS);
    return () => clearTimeout(timer);
  }, [problem, checkout]);
  return { state: checkout.state.value, problem, reload: checkout.load };
}

/** What a cart would order, as one word for each state of it. @param {import("../../live/types.js").Cart} cart */
function contents({ user_id: user, session, revision, lines }) {
  return JSON.stringify([user ?? session, revision, lines.map((line) => [line.product_id, line.quantity, line.price, line.for_sale])]);
}

/** Whether an order is under way, which the page does not leave before it is answered. */
export function useOrdering() {
  const { ordering } = useLive();
  const phase = ordering.phase.value;
  return { phase, busy: phase === "placing" || phase === "unsure" || phase === "confirming" };
}
