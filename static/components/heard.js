import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { useSignalEffect } from "@preact/signals";
import { explain } from "../live/refusals.js";
import { useLive } from "./live_context.js";

const MOST_TRIES = 6;
const PAUSE_MS = 500;
/** The socket may still be on its way to being the user's: a moment after signing in, or while the shop is busy. */
const AGAIN = ["not_authenticated", "forbidden", "rate_limited", "unanswered", "storage_unavailable"];

/**
 * Hear an event as long as the component is there. The newest listener hears it, so it may use what is drawn now.
 *
 * @param {string} event
 * @param {(payload: any) => void} listener
 */
export function useHeard(event, listener) {
  const { connection } = useLive();
  const latest = useRef(listener);
  latest.current = listener;
  useEffect(() => connection.on(event, (payload) => latest.current(payload)), [connection, event]);
}

/**
 * A live dashboard: asks to watch it (again after each break of the connection) and keeps what the server answers. Events
 * change it: by `changes`, or heard by `useHeard` and put into it by `set`. What `changes` hear while the server has not
 * answered yet is put upon its answer, too, which may have been made before.
 *
 * @template [T=any]
 * @param {string} event "seller:watch", say
 * @param {unknown} [question] its payload: another one, by value, is another dashboard
 * @param {Record<string, (known: T, payload: any) => T>} [changes] by event; the same ones for as long as it is drawn
 */
export function useWatch(event, question, changes) {
  const { connection } = useLive();
  const asked = JSON.stringify(question);
  const [state, setState] = useState(/** @type {{phase: "loading" | "ready" | "failed", data: T | null, problem: string}} */ ({ phase: "loading", data: null, problem: "" }));
  const turn = useRef(0);
  const early = useRef(/** @type {((known: T) => T)[] | null} */ (null)); // what is heard while the server is asked

  const set = useCallback((/** @type {(known: T) => T} */ change) => {
    setState((known) => (known.data === null ? known : { ...known, data: change(known.data) }));
  }, []);
  useEffect(() => {
    const stops = Object.entries(changes ?? {}).map(([name, change]) => connection.on(name, (payload) => {
      const put = (/** @type {T} */ known) => change(known, payload);
      early.current?.push(put);
      set(put);
    }));
    return () => stops.forEach((stop) => stop());
  }, [connection, changes, set]);

  const reload = useCallback(async () => {
    turn.current += 1;
    const mine = turn.current;
    for (let tries = 1; mine === turn.current; tries += 1) {
      early.current = [];
      const ack = await connection.ask(event, asked === undefined ? undefined : JSON.parse(asked));
      if (mine !== turn.current) return;
      if (ack.ok) {
        const data = early.current.reduce((known, put) => put(known), /** @type {T} */ (ack));
        early.current = null;
        setState({ phase: "ready", data, problem: "" });
        return;
      }
      if (tries >= MOST_TRIES || !AGAIN.includes(ack.error.code)) {
        setState((known) => ({ ...known, phase: known.data === null ? "failed" : "ready", problem: explain(ack.error) }));
        return;
      }
      await new Promise((done) => { setTimeout(done, PAUSE_MS); });
    }
  }, [connection, event, asked]);

  useEffect(() => () => { turn.current += 1; }, [reload]);
  useSignalEffect(() => {
    if (connection.state.value === "live") void reload();
  });
  const first = useRef(reload);
  useEffect(() => {
    if (first.current !== reload) void reload(); // another dashboard
    first.current = reload;
  }, [reload]);

  return { ...state, reload, set };
}
