import { html } from "htm/preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useMedia } from "../../../components/media.js";

const LASTS_MS = 600;

/**
 * A figure that runs to its new value, calmly; at once for who wants no motion.
 *
 * @param {{value: number, text: (value: number) => string}} props
 */
export function Ticking({ value, text }) {
  const still = useMedia("(prefers-reduced-motion: reduce)");
  const [shown, setShown] = useState(value);
  const now = useRef(value);
  useEffect(() => {
    const from = now.current;
    if (from === value) return undefined;
    const put = (/** @type {number} */ next) => {
      now.current = next;
      setShown(next);
    };
    if (still || document.hidden) {
      put(value);
      return undefined;
    }
    const begun = performance.now();
    let frame = requestAnimationFrame(function step(at) {
      const part = Math.min(1, Math.max(0, (at - begun) / LASTS_MS));
      put(part === 1 ? value : Math.round(from + (value - from) * (1 - (1 - part) ** 3)));
      if (part < 1) frame = requestAnimationFrame(step);
    });
    return () => cancelAnimationFrame(frame);
  }, [value, still]);
  return html`<span class="figures">${text(shown)}</span>`;
}
