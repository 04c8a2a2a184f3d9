import { useLayoutEffect, useRef } from "preact/hooks";
import { useLive } from "../../components/live_context.js";

/** A list with one of its items at another place. @template T @param {readonly T[]} list @param {number} from @param {number} to @returns {T[]} */
export function moved(list, from, to) {
  const next = [...list];
  const [one] = next.splice(from, 1);
  if (one !== undefined) next.splice(Math.max(0, Math.min(to, next.length)), 0, one);
  return next;
}

/**
 * Putting things in order by drag or by buttons. What is moved in the document loses the focus: it is given back, and the
 * new place is said.
 *
 * @param {(from: number, to: number) => void} onMove
 */
export function useOrder(onMove) {
  const { notices } = useLive();
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  const dragged = useRef(-1);
  const back = useRef(/** @type {{at: number, way: string} | null} */ (null));
  useLayoutEffect(() => {
    if (!back.current) return;
    const { at, way } = back.current;
    back.current = null;
    const found = box.current?.children[at]?.querySelector(`[data-way="${way}"]`);
    if (found instanceof HTMLElement) found.focus();
  });
  /** @param {number} from @param {number} to @param {number} of */
  const step = (from, to, of) => {
    back.current = { at: to, way: to < from ? "earlier" : "later" };
    onMove(from, to);
    notices.say(`Picture ${to + 1} of ${of} now.`);
  };
  return {
    box,
    step,
    /** @param {number} at */
    drag: (at) => { dragged.current = at; },
    /** @param {number} at */
    drop: (at) => {
      if (dragged.current >= 0 && dragged.current !== at) onMove(dragged.current, at);
      dragged.current = -1;
    },
  };
}
