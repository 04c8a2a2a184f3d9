import { html } from "htm/preact";
import { useRef, useState } from "preact/hooks";
import { Dialog } from "../../components/dialog.js";
import { nameOf } from "./changes.js";
import { changedFields } from "./written.js";

/**
 * @typedef {import("./written.js").Written} Written
 * @typedef {{field: string, theirs: string, mine: string}} Clash
 */

/**
 * The fields that were typed in here and changed elsewhere meanwhile, each with both its texts.
 *
 * @param {readonly string[]} names the fields that are to be saved
 * @param {{before: Written, theirs: Written, mine: Written}} written as it was when the form was opened, as it is now, as it was typed
 * @returns {Clash[]}
 */
export function clashes(names, { before, theirs, mine }) {
  const moved = changedFields(before, theirs), differ = changedFields(theirs, mine);
  return names.filter((name) => moved.some((one) => one === name) && differ.some((one) => one === name))
    .map((field) => ({ field, theirs: theirs[field] ?? "", mine: mine[field] ?? "" }));
}

/** Asking which of two texts is to be kept: `ask` resolves to whether it is what was typed here. */
export function useClash() {
  const [shown, setShown] = useState(/** @type {Clash[] | null} */ (null));
  const answer = useRef(/** @type {((mine: boolean) => void) | null} */ (null));
  const end = (/** @type {boolean} */ mine) => {
    setShown(null);
    answer.current?.(mine);
    answer.current = null;
  };
  /** @param {Clash[]} found @returns {Promise<boolean>} */
  const ask = (found) => new Promise((done) => {
    answer.current = done;
    setShown(found);
  });
  const question = shown && html`<${Dialog} title="Somebody else changed this meanwhile" wide onClose=${() => end(false)}>
    <dl class="clashes">${shown.map(({ field, theirs, mine }) => html`<div key=${field}>
      <dt>${nameOf(field)}</dt>
      <dd><span class="soft small">In the shop now</span><p class="clash-text">${said(field, theirs)}</p></dd>
      <dd><span class="soft small">What you typed</span><p class="clash-text">${said(field, mine)}</p></dd>
    </div>`)}</dl>
    <div class="dialog-acts">
      <button type="button" class="button button-quiet" onClick=${() => end(false)}>Do not save yet</button>
      <button type="button" class="button button-main" onClick=${() => end(true)}>Save what I typed</button>
    </div>
  <//>`;
  return { ask, question };
}

/** What stands in a field, in words. @param {string} field @param {string} text */
export function said(field, text) {
  if (field === "published") return text ? "yes" : "no";
  return text || "nothing";
}
