import { useEffect } from "preact/hooks";

/** Has the browser ask before the page is left or loaded anew, while there is something that would be lost. @param {boolean} active */
export function useLeaveGuard(active) {
  useEffect(() => {
    if (!active) return undefined;
    const ask = (/** @type {BeforeUnloadEvent} */ event) => event.preventDefault();
    addEventListener("beforeunload", ask);
    return () => removeEventListener("beforeunload", ask);
  }, [active]);
}
