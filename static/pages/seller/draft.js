import { useCallback, useState } from "preact/hooks";
import { useLive } from "../../components/live_context.js";

/**
 * What was typed and not saved yet, by field. It outlasts a reload and a walk through the shop, in this window, and is
 * for the same person only.
 *
 * @param {string} about the product's id, or "new"
 */
export function useDraft(about) {
  const { session } = useLive();
  const key = `ivorycart.draft.${session.user.peek()?.id}.${about}`;
  const [found] = useState(() => read(key)); // what was there when the page was opened
  const keep = useCallback((/** @type {Record<string, string> | null} */ fields) => {
    if (fields && Object.keys(fields).length > 0) sessionStorage.setItem(key, JSON.stringify(fields));
    else sessionStorage.removeItem(key);
  }, [key]);
  return { found, keep };
}

/** @param {string} key @returns {Record<string, string> | null} */
function read(key) {
  try {
    return JSON.parse(sessionStorage.getItem(key) ?? "null");
  } catch {
    return null;
  }
}
