import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";
import { useProduct } from "../../components/catalogue.js";
import { useLive } from "../../components/live_context.js";
import { Page } from "../../components/page.js";
import { Failed, Skeleton } from "../../components/states.js";
import { useTitle } from "../../components/title.js";
import { ApiError } from "../../live/api.js";
import { explain } from "../../live/refusals.js";
import { ProductView } from "./product_view.js";

const RETRY_MS = 5_000;

/** One product, live: read when somebody comes, and again when changes were missed. @param {{id: string}} props */
export function ProductPage({ id }) {
  const { products } = useLive();
  const { product, gone } = useProduct(id);
  const { problem, read } = useReading(id, products.missed.value);
  useTitle(product?.name);

  if (product) return html`<${ProductView} product=${product} gone=${gone} />`;
  if (gone) return html`<${Unknown} />`;
  return html`<${Page} title="Product">${problem ? html`<${Failed} problem=${problem} onRetry=${read} />` : html`<${Skeleton} label="Loading the product" rows=${5} />`}<//>`;
}

/** There is no such product, or none to be seen by whoever looks. */
function Unknown() {
  return html`<${Page} title="This product is not in the shop" narrow lead="It may have left, or the address is not quite right. If it comes back while you are here, it shows up by itself.">
    <p><a class="button button-quiet" href="/listing">Look through the shop</a></p>
  <//>`;
}

/**
 * Reads a product, again while there is no answer; what is hidden from shoppers as whoever is signed in.
 *
 * @param {string} id
 * @param {number} missed
 */
function useReading(id, missed) {
  const { products, mine, session, connection } = useLive();
  const [problem, setProblem] = useState("");
  const [turn, setTurn] = useState(0);
  const role = session.user.value?.role;
  const live = connection.state.value === "live";

  useEffect(() => {
    let here = true;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    const read = async () => {
      try {
        const found = await products.read(id);
        if (!found && (role === "seller" || role === "admin")) await products.read(id, mine);
        if (here) setProblem("");
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        if (!here) return;
        setProblem(explain(error));
        timer = setTimeout(read, RETRY_MS * (1 + Math.random()));
      }
    };
    void read();
    return () => {
      here = false;
      clearTimeout(timer);
    };
  }, [id, missed, role, turn, products, mine, live && problem !== ""]);
  return { problem, read: () => setTurn(turn + 1) };
}
