import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { useHeard, useWatch } from "../../components/heard.js";
import { useLive } from "../../components/live_context.js";
import { signalled } from "./signal.js";
import { applied, whereTo } from "./worklist.js";

/** @typedef {import("./worklist.js").Worklist} Worklist */
/** @typedef {import("./worklist.js").DeliveryOrder} DeliveryOrder */

/**
 * The worklist, live: what comes new is marked and signalled, what somebody else takes leaves at once and is told calmly.
 * `learn` puts in what an own act came to, unless more was heard of that order meanwhile.
 */
export function useWorklist() {
  const { notices } = useLive();
  const watch = useWatch("delivery:watch");
  const [fresh, setFresh] = useState(/** @type {ReadonlySet<string>} */ (new Set()));
  const [news, setNews] = useState("");
  const heard = useRef(/** @type {Map<string, number>} */ (new Map()));
  const acting = useRef(/** @type {Set<string>} */ (new Set()));
  const list = /** @type {Worklist | null} */ (watch.data);
  const known = useRef(/** @type {ReadonlySet<string> | null} */ (null));

  // What was not there before is new, however it came: by an event, a snapshot, or after a break.
  useEffect(() => {
    if (!list) return;
    const before = known.current;
    known.current = new Set([...list.available, ...list.mine].map(({ id }) => id));
    const arrived = before ? list.available.filter(({ id }) => !before.has(id)) : [];
    if (arrived.length === 0) return;
    setFresh((some) => new Set([...some, ...arrived.map(({ id }) => id)]));
    signalled();
  }, [list]);

  useHeard("delivery:order", ({ order }) => {
    heard.current.set(order.id, (heard.current.get(order.id) ?? 0) + 1);
    if (list) said(list, order);
    watch.set((now) => applied(now, order));
  });
  useHeard("delivery:snapshot", (snapshot) => watch.set(() => snapshot));

  /** @param {Worklist} now @param {DeliveryOrder} order */
  function said(now, order) {
    if (acting.current.has(order.id)) return;
    const lost = now.mine.find(({ id }) => id === order.id);
    if (lost && !order.parts.some((part) => part.claimed_by === "me")) {
      notices.tell({ tone: "info", title: `No longer yours: ${whereTo(lost)}`, text: "It was taken off your list by the shop." });
      return;
    }
    const gone = now.available.find(({ id }) => id === order.id);
    if (gone && order.parts.some((part) => part.claimed_by === "somebody")) setNews(`Somebody else brings it: ${whereTo(gone)}.`);
    else if (gone && order.parts.length === 0) setNews(`No longer to be brought: ${whereTo(gone)}.`);
  }

  const learn = useCallback((/** @type {DeliveryOrder} */ order, /** @type {number} */ since) => {
    if ((heard.current.get(order.id) ?? 0) === since) watch.set((now) => applied(now, order));
  }, [watch.set]);
  const heardOf = useCallback((/** @type {string} */ id) => heard.current.get(id) ?? 0, []);
  const seen = useCallback((/** @type {string} */ id) => setFresh((some) => new Set([...some].filter((one) => one !== id))), []);
  return { ...watch, data: list, fresh, seen, news, setNews, learn, heardOf, acting: acting.current };
}
