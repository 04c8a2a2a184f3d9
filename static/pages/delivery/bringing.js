import { useAct } from "../../components/acting.js";
import { useLive } from "../../components/live_context.js";
import { claimedBy, whereTo } from "./worklist.js";

/** @typedef {import("./worklist.js").DeliveryOrder} DeliveryOrder */

/**
 * What a courier does with an order: take it, leave it to others, hand it over. The list shows it as soon as the server
 * has said yes; what the server tells of it afterwards counts.
 *
 * @param {ReturnType<typeof import("./watching.js").useWorklist>} worklist
 */
export function useBringing(worklist) {
  const { mine } = useLive();
  const { busy, run } = useAct();

  /**
   * @param {DeliveryOrder} order
   * @param {() => Promise<any>} ask
   * @param {DeliveryOrder} after
   * @param {string} done
   */
  async function act(order, ask, after, done) {
    const since = worklist.heardOf(order.id);
    worklist.acting.add(order.id);
    const well = await run(ask, done);
    if (well) worklist.learn(after, since);
    else worklist.reload(); // what was refused is not as it was shown
    setTimeout(() => worklist.acting.delete(order.id), 2_000); // until the server has told of it
    return well;
  }

  return {
    busy,

    /** @param {DeliveryOrder} order */
    take: (order) => act(order, () => mine.post(`/api/orders/${order.id}/claim`), claimedBy(order, "me"), `You bring it: ${whereTo(order)}.`),

    /** @param {DeliveryOrder} order */
    leave: (order) => act(order, () => mine.post(`/api/orders/${order.id}/release`), claimedBy(order, "nobody"), `Left to others: ${whereTo(order)}.`),

    /** Hand over parts of it. @param {DeliveryOrder} order @param {string[]} sellers whose parts @param {string} note */
    handOver(order, sellers, note) {
      const after = { ...order, parts: order.parts.map((part) => (sellers.includes(part.seller_id) ? { ...part, status: "delivered" } : part)) };
      const ask = async () => {
        for (const seller_id of sellers) await mine.put(`/api/orders/${order.id}/status`, { status: "delivered", seller_id, note });
      };
      return act(order, ask, after, `Delivered: ${whereTo(order)}.`);
    },
  };
}
