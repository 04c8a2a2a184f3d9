import { useEffect } from "preact/hooks";
import { useAnswer } from "../../components/answer.js";

/**
 * An answer that is read again and again while somebody looks; at once when they look again.
 *
 * @template [T=any]
 * @param {string | null} path
 * @param {number | null} pause milliseconds; null: not for now
 */
export function usePolled(path, pause) {
  const answer = /** @type {ReturnType<typeof useAnswer<T>>} */ (useAnswer(path));
  const { reload } = answer;
  useEffect(() => {
    if (pause === null) return undefined;
    const read = () => { if (document.visibilityState === "visible") void reload(); };
    const timer = setInterval(read, pause);
    document.addEventListener("visibilitychange", read);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", read);
    };
  }, [reload, pause]);
  return answer;
}
