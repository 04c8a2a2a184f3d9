import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { useLive } from "../../components/live_context.js";
import { ApiError } from "../../live/api.js";
import { explainWork } from "./words.js";

/** @typedef {import("./types.js").Movement} Movement */

const PAGE = 100;
const MOST_PAGES = 10;

/** How far back a picture of stock goes: each what it is called and its hours. @type {Record<string, [string, number | null]>} */
export const SPANS = { day: ["24 hours", 24], week: ["7 days", 7 * 24], month: ["30 days", 30 * 24], all: ["All", null] };

/**
 * The movements of a product since a time, oldest first, at most a thousand; `cut` says that there are older ones. When
 * the level moves, what moved it is added.
 *
 * @param {string} id
 * @param {number | null} hours
 */
export function useMovements(id, hours) {
  const { mine, stock, clock, connection } = useLive();
  const [state, setState] = useState(/** @type {{data: {rows: Movement[], cut: boolean, since: number | null} | null, phase: string, problem: string}} */ ({ data: null, phase: "loading", problem: "" }));
  const turn = useRef(0);
  const version = stock.level(id).value?.version ?? -1;

  const load = useCallback(async () => {
    turn.current += 1;
    const now = turn.current;
    const since = hours === null ? null : clock.now() - hours * 3_600_000;
    try {
      const { rows, cut } = await read(mine, id, since, () => now === turn.current);
      if (now === turn.current) setState({ data: { rows, cut, since }, phase: "ready", problem: "" });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (now === turn.current) setState((known) => ({ ...known, phase: "failed", problem: explainWork(error) }));
    }
  }, [mine, clock, id, hours]);
  useEffect(() => {
    setState({ data: null, phase: "loading", problem: "" });
    void load();
    return () => { turn.current += 1; };
  }, [load]);

  const back = connection.state.value === "live" && state.phase === "failed";
  useEffect(() => { if (back) void load(); }, [back, load]);

  const newest = state.data?.rows.at(-1)?.version ?? -1;
  const ready = state.data !== null;
  useEffect(() => {
    if (!ready || version <= newest) return;
    void mine.get(`/api/products/${id}/inventory-logs?limit=${PAGE}`).then((page) => {
      if (page.items.length === PAGE && page.items.at(-1).version > newest + 1) return load(); // much was missed
      setState((known) => known.data && { ...known, data: { ...known.data, rows: withNew(known.data.rows, page.items) } } || known);
      return undefined;
    }).catch(() => {}); // the next movement tells
  }, [mine, id, version, newest, ready, load]);
  return { ...state, reload: load };
}

/**
 * @param {import("../../live/mine.js").Mine} mine
 * @param {string} id
 * @param {number | null} since
 * @param {() => boolean} wanted
 */
async function read(mine, id, since, wanted) {
  const asked = new URLSearchParams({ limit: String(PAGE) });
  if (since !== null) asked.set("from", new Date(since).toISOString());
  /** @type {Movement[]} */
  const rows = [];
  let next = null;
  for (let page = 0; page < MOST_PAGES && wanted(); page += 1) {
    const answer = await mine.get(`/api/products/${id}/inventory-logs?${asked}${next ? `&after=${next}` : ""}`);
    rows.push(...answer.items);
    next = answer.next;
    if (!next) break;
  }
  return { rows: rows.reverse(), cut: Boolean(next) };
}

/** @param {Movement[]} rows oldest first @param {Movement[]} newer newest first */
function withNew(rows, newer) {
  const last = rows.at(-1)?.version ?? -1;
  return [...rows, ...newer.filter(({ version }) => version > last).reverse()];
}
