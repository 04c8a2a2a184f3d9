import { html } from "htm/preact";
import { useRef, useState } from "preact/hooks";
import { Icon } from "../../components/icon.js";

/**
 * Where files are dropped, or chosen by the button in it.
 *
 * @param {{label: string, words: string, accept: string, several?: boolean, disabled?: boolean, name?: string, onFiles: (files: File[]) => void}} props
 */
export function DropZone({ label, words, accept, several = false, disabled = false, name = "files", onFiles }) {
  const [over, setOver] = useState(false);
  const input = useRef(/** @type {HTMLInputElement | null} */ (null));
  /** @param {FileList | null | undefined} files */
  const take = (files) => {
    const list = [...(files ?? [])];
    if (!disabled && list.length > 0) onFiles(several ? list : list.slice(0, 1));
  };
  /** @param {DragEvent} event */
  const hover = (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return; // a picture that is being moved within the page
    event.preventDefault();
    setOver(true);
  };
  /** @param {DragEvent} event */
  const drop = (event) => {
    setOver(false);
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    take(event.dataTransfer.files);
  };
  const chosen = () => {
    take(input.current?.files);
    if (input.current) input.current.value = ""; // the same file can be chosen again
  };
  return html`<div class="drop" data-over=${over ? "" : null} onDragEnter=${hover} onDragOver=${hover} onDragLeave=${() => setOver(false)} onDrop=${drop}>
    <span class="drop-icon"><${Icon} name="upload" /></span>
    <p class="drop-words">${words}</p>
    <button type="button" class="button button-quiet" aria-disabled=${disabled} onClick=${() => { if (!disabled) input.current?.click(); }}>${label}</button>
    <input ref=${input} class="unseen" type="file" name=${name} accept=${accept} multiple=${several} tabindex="-1" aria-hidden="true" onChange=${chosen} />
  </div>`;
}
