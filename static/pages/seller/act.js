import { useCallback, useState } from "preact/hooks";
import { ApiError } from "../../live/api.js";
import { explainWork } from "./words.js";

/**
 * One act at a time, with what it was refused for. Returns whether it was done.
 *
 * @returns {{busy: boolean, problem: string, clear: () => void, refuse: (problem: string) => void, run: (act: () => Promise<unknown>) => Promise<boolean>}}
 */
export function useAct() {
  const [state, setState] = useState({ busy: false, problem: "" });
  const run = useCallback(async (/** @type {() => Promise<unknown>} */ act) => {
    setState({ busy: true, problem: "" });
    try {
      await act();
      setState({ busy: false, problem: "" });
      return true;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setState({ busy: false, problem: explainWork(error) });
      return false;
    }
  }, []);
  const clear = useCallback(() => setState({ busy: false, problem: "" }), []);
  const refuse = useCallback((/** @type {string} */ problem) => setState({ busy: false, problem }), []);
  return { ...state, run, clear, refuse };
}
