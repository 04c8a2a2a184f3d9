import { html } from "htm/preact";
import { useEffect, useRef } from "preact/hooks";

/**
 * A modal sheet from the bottom edge. The browser keeps the focus inside, gives it back after, and closes it on Escape.
 *
 * @param {{label: string, onClose: () => void, side?: boolean, children?: import("preact").ComponentChildren}} props
 *   `side`: from the side where the window is wide
 */
export function Sheet({ label, onClose, side = false, children }) {
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));

  useEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);

  /** @param {MouseEvent} event a press outside the content meets the dialog itself */
  const outside = (event) => {
    if (event.target === dialog.current) onClose();
  };
  return html`<dialog ref=${dialog} class=${side ? "sheet sheet-side" : "sheet"} aria-label=${label} onClose=${onClose} onClick=${outside}>
    <div class="sheet-content">${children}</div>
  </dialog>`;
}
