import { html } from "htm/preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Icon } from "./icon.js";

/** @typedef {import("preact").ComponentChildren} Children */

/**
 * A modal dialog in the middle. The browser keeps the focus inside, gives it back after, and closes it on Escape.
 *
 * @param {{title: string, onClose: () => void, wide?: boolean, children?: Children}} props
 */
export function Dialog({ title, onClose, wide = false, children }) {
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  useEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  return html`<dialog ref=${dialog} class=${wide ? "dialog dialog-wide" : "dialog"} aria-label=${title} onClose=${onClose}>
    <header class="dialog-head">
      <h2 class="dialog-title">${title}</h2>
      <button type="button" class="icon-button" onClick=${onClose} aria-label="Close"><${Icon} name="cross" /></button>
    </header>
    ${children}
  </dialog>`;
}

/**
 * A button whose act is asked for once more in a dialog: for what cannot be undone.
 *
 * @param {{label: string, question: string, words?: Children, yes: string, act: () => Promise<void> | void,
 *   quiet?: boolean, name?: string}} props `label` of the button, `name` it goes by for screen readers; `yes`: the button that does it
 */
export function Confirmed({ label, question, words, yes, act, quiet = true, name }) {
  const [open, setOpen] = useState(false);
  const [busy, setBusy] = useState(false);
  const close = () => setOpen(false);
  const sure = async () => {
    if (busy) return;
    setBusy(true);
    try {
      await act();
    } finally {
      setBusy(false);
      close();
    }
  };
  return html`
    <button type="button" class=${quiet ? "button button-text" : "button button-quiet"} aria-label=${name} onClick=${() => setOpen(true)}>${label}</button>
    ${open && html`<${Dialog} title=${question} onClose=${close}>
      ${words && html`<p>${words}</p>`}
      <div class="dialog-acts">
        <button type="button" class="button button-quiet" onClick=${close}>No, leave it</button>
        <button type="button" class="button button-main" aria-disabled=${busy} onClick=${sure}>${yes}</button>
      </div>
    <//>`}
  `;
}
