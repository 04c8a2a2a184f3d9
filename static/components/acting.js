import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { ApiError } from "../live/api.js";
import { explainAct } from "../live/refused_acts.js";
import { useLive } from "./live_context.js";

/**
 * Doing something at a press: once at a time, refused here where there is no connection (nothing is sent later behind
 * one's back), and told when it is refused. `done` is what is said to screen readers after.
 */
export function useAct() {
  const { connection, notices } = useLive();
  const [busy, setBusy] = useState(false);
  const under = useRef(false);
  const gone = useRef(false);
  useEffect(() => {
    gone.current = false;
    return () => { gone.current = true; };
  }, []);

  const run = useCallback(async (/** @type {() => Promise<any>} */ act, /** @type {string} */ done = "") => {
    if (under.current) return false;
    if (connection.state.peek() !== "live") {
      notices.tell({ tone: "error", title: "There is no connection", text: "Nothing was sent, nothing has changed. Press again once you are connected." });
      return false;
    }
    under.current = true;
    setBusy(true);
    return tried().finally(() => {
      under.current = false;
      if (!gone.current) setBusy(false);
    });

    async function tried() {
      try {
        await act();
        if (done) notices.say(done);
        return true;
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        notices.tell({ tone: "error", title: "That did not work", text: explainAct(error) });
        return false;
      }
    }
  }, [connection, notices]);
  return { busy, run };
}
