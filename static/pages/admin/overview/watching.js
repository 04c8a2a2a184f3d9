import { useEffect, useRef, useState } from "preact/hooks";
import { useAnswer } from "../../../components/answer.js";
import { useHeard, useWatch } from "../../../components/heard.js";
import { remembered, rememberedOf } from "./history.js";

/** @typedef {import("./shapes.js").Dashboard} Dashboard */

const SALES_PAUSE_MS = 10_000;

/** How the whole shop is doing, every two seconds, with what was told lately. */
export function useOverview() {
  const watch = useWatch("admin:watch");
  const [moments, setMoments] = useState(/** @type {import("./history.js").Moment[]} */ ([]));
  const dashboard = /** @type {Dashboard | null} */ (watch.data?.dashboard ?? null);

  const begun = dashboard !== null;
  useEffect(() => {
    if (dashboard) setMoments((known) => remembered(known.length > 0 ? known : rememberedOf(watch.data?.lately ?? []), dashboard));
  }, [begun]); // what follows is heard

  useHeard("admin:metrics", (told) => {
    watch.set((known) => ({ ...known, dashboard: { ...known.dashboard, ...moved(told) } }));
    setMoments((known) => remembered(known, told));
  });
  return { ...watch, dashboard, moments };
}

/** Parts that did not change are not told. @param {Record<string, unknown>} told */
function moved(told) {
  return Object.fromEntries(Object.entries(told).filter(([, part]) => part !== null));
}

/**
 * Sales and top lists of a period: those of 24 hours are told by themselves, longer ones are read again when sales have
 * moved, though not more often than is worth it.
 *
 * @param {string} period
 * @param {Dashboard} live
 */
export function useSales(period, live) {
  const day = period === "24h";
  const answer = useAnswer(day ? null : `/api/admin/dashboard?period=${period}`);
  const { reload } = answer;
  const read = useRef(0);
  useEffect(() => {
    if (day || performance.now() - read.current < SALES_PAUSE_MS) return;
    read.current = performance.now();
    void reload();
  }, [day, live.sales, reload]);
  if (day) return { phase: "ready", problem: "", reload, data: live };
  return { phase: answer.phase, problem: answer.problem, reload, data: /** @type {Dashboard | null} */ (answer.data) };
}
