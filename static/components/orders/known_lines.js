import { useEffect } from "preact/hooks";
import { ApiError } from "../../live/api.js";
import { useLive } from "../live_context.js";

const MOST = 24;

/**
 * Read the products of orders' lines that were on no page yet, for their pictures and the way to them: one after
 * another. A list of very many does without for the rest.
 *
 * @param {readonly {product_list: readonly {product_id: string}[]}[]} orders
 */
export function useProductsOf(orders) {
  const { products } = useLive();
  const ids = orders.flatMap(({ product_list: lines }) => lines.map((line) => line.product_id)).slice(0, MOST);
  const asked = [...new Set(ids)].join(" ");
  useEffect(() => {
    let here = true;
    const read = async () => {
      for (const id of asked.split(" ").filter(Boolean)) {
        if (!here) return;
        if (!products.byId.peek().has(id) && !products.gone.peek().has(id)) await products.read(id).catch(unanswered);
      }
    };
    void read();
    return () => { here = false; };
  }, [asked, products]);
}

/** An order says itself what it cannot do without. @param {unknown} error */
function unanswered(error) {
  if (!(error instanceof ApiError)) throw error;
}
