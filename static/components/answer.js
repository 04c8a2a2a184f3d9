import { useCallback, useEffect, useReducer, useRef } from "preact/hooks";
import { useSignalEffect } from "@preact/signals";
import { ApiError } from "../live/api.js";
import { explain } from "../live/refusals.js";
import { useLive } from "./live_context.js";

/**
 * @typedef {"loading" | "ready" | "failed"} Phase
 */

/**
 * What the server answers to a path, as whoever is signed in. While it is read again the last answer stays; another
 * path begins anew. After a break of the connection it is read again by itself, because it may have changed meanwhile.
 *
 * `set` puts an answer in its place that is known otherwise: the answer to a change, or an event. An answer under way,
 * which may be older, does not undo it: functions given to `set` are applied to it, too, and so must be pure; beside a
 * whole answer it is asked for again.
 *
 * @template [T=any]
 * @param {string | null} path null: nothing to ask yet
 * @returns {{phase: Phase, data: T | null, problem: string, code: string, reload: () => Promise<void>, set: (next: T | ((known: T | null) => T | null)) => void}}
 */
export function useAnswer(path) {
  const { mine } = useLive();
  const read = useCallback(() => mine.get(/** @type {string} */ (path)), [mine, path]);
  return useRead(path, read);
}

/**
 * A list that the server gives in pages: `more` reads the next, `next` says whether there is one. Read again it begins
 * with the first page; what was read beyond it is read again as far.
 *
 * @template [T=any]
 * @param {string | null} path null: nothing to ask yet
 */
export function usePages(path) {
  const { mine } = useLive();
  const pages = useRef(1);
  const first = useRef(path);
  if (first.current !== path) {
    first.current = path;
    pages.current = 1;
  }
  const read = useCallback(async () => {
    let list = await page(mine, /** @type {string} */ (path), null);
    for (let count = 1; count < pages.current && list.next; count += 1) list = joined(list, await page(mine, /** @type {string} */ (path), list.next));
    return list;
  }, [mine, path]);
  const answer = /** @type {ReturnType<typeof useRead<{items: T[], next: string | null} & Record<string, any>>>} */ (useRead(path, read));
  const asked = useRef(/** @type {string | null} */ (null)); // the page that is under way, by what it comes after
  const more = useCallback(async () => {
    const known = answer.latest();
    if (!known?.next || path === null || asked.current === known.next) return;
    asked.current = known.next;
    const next = await page(mine, path, known.next).catch(failed);
    if (next && first.current === path) {
      pages.current += 1;
      answer.set((now) => (now && now.next === known.next ? joined(now, next) : now));
    }

    /** @param {unknown} error */
    function failed(error) {
      if (!(error instanceof ApiError)) throw error;
      asked.current = null;
      answer.fail(error);
    }
  }, [mine, path, answer.latest, answer.set, answer.fail]);
  return { ...answer, items: answer.data?.items ?? [], next: answer.data?.next ?? null, more };
}

/**
 * @param {import("../live/mine.js").Mine} mine
 * @param {string} path
 * @param {string | null} after
 */
function page(mine, path, after) {
  if (after === null) return mine.get(path);
  return mine.get(`${path}${path.includes("?") ? "&" : "?"}after=${encodeURIComponent(after)}`);
}

/** @param {any} list @param {any} next */
function joined(list, next) {
  const known = new Set(list.items.map((/** @type {any} */ item) => item.id));
  return { ...next, items: [...list.items, ...next.items.filter((/** @type {any} */ item) => item.id === undefined || !known.has(item.id))] };
}

/** @typedef {{key: string | null, phase: Phase, data: any, problem: string, code: string}} Read */

/**
 * @template T
 * @param {string | null} key
 * @param {() => Promise<T>} read
 */
function useRead(key, read) {
  const { connection } = useLive();
  const state = useRef(/** @type {Read} */ (fresh(key)));
  const [, draw] = useReducer((/** @type {number} */ count) => count + 1, 0);
  const asked = useRef(0);
  const meanwhile = useRef(/** @type {Function[] | null} */ (null)); // what was put in place since the reading under way began
  const replaced = useRef(false); // whether all was
  if (state.current.key !== key) state.current = fresh(key);

  const put = useCallback((/** @type {Partial<Read>} */ change) => {
    state.current = { ...state.current, ...change };
    draw(0);
  }, []);

  const fail = useCallback((/** @type {ApiError} */ error) => {
    put({ phase: state.current.data === null ? "failed" : "ready", problem: explain(error), code: error.code });
  }, [put]);

  const reload = useCallback(async () => {
    if (key === null) return;
    asked.current += 1;
    const mine = asked.current;
    meanwhile.current = [];
    replaced.current = false;
    try {
      let answer = await read();
      while (replaced.current && mine === asked.current) { // which of the two is older nobody knows
        meanwhile.current = [];
        replaced.current = false;
        answer = await read();
      }
      if (mine !== asked.current || state.current.key !== key) return;
      // it may have been read before these were: they must not be undone by it
      const data = (meanwhile.current ?? []).reduce((known, change) => change(known), /** @type {T | null} */ (answer));
      put({ phase: "ready", data, problem: "", code: "" });
      meanwhile.current = null; // nothing is under way: a page that is looked at all day must not keep what it heard
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (mine === asked.current && state.current.key === key) {
        meanwhile.current = null;
        fail(error);
      }
    }
  }, [key, read, put, fail]);

  useEffect(() => {
    void reload();
    return () => { asked.current += 1; };
  }, [reload]);

  const before = useRef(connection.state.peek());
  useSignalEffect(() => {
    const now = connection.state.value;
    if (now === "live" && before.current !== "live" && before.current !== "connecting") void reload();
    before.current = now;
  });

  const set = useCallback((/** @type {T | ((known: T | null) => T | null)} */ next) => {
    const data = typeof next === "function" ? /** @type {Function} */ (next)(state.current.data) : next;
    if (typeof next === "function") meanwhile.current?.push(next);
    else replaced.current = true;
    put({ data, phase: data === null ? state.current.phase : "ready" });
  }, [put]);

  const latest = useCallback(() => /** @type {T | null} */ (state.current.data), []);
  const { phase, data, problem, code } = state.current;
  return { phase, data: /** @type {T | null} */ (data), problem, code, reload, set, fail, latest };
}

/** @param {string | null} key @returns {Read} */
function fresh(key) {
  return { key, phase: "loading", data: null, problem: "", code: "" };
}
