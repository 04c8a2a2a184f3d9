import { createContext } from "preact";
import { useContext } from "preact/hooks";

/** @type {import("preact").Context<import("../live/live.js").Live | null>} */
export const LiveContext = createContext(/** @type {import("../live/live.js").Live | null} */ (null));

/** What is live on this page: stock, cart, connection and the rest. */
export function useLive() {
  const live = useContext(LiveContext);
  if (!live) throw new Error("a component that is live stands outside LiveContext");
  return live;
}
