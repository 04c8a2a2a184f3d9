import { html } from "htm/preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Icon } from "../../components/icon.js";
import { DropZone } from "./drop_zone.js";
import { handOver, takeOver } from "./handover.js";
import { useLeaveGuard } from "./leave_guard.js";
import { moved, useOrder } from "./order.js";
import { PictureCard } from "./picture_card.js";
import { MOST_PICTURES, preview, unfit } from "./picture_file.js";

/** @typedef {{key: string, file: File, src: string, alt: string, problem: string}} Chosen a file that is to be a picture; `problem`: why it cannot */

let count = 0;

/** A chosen file, with its preview once there is one. @param {File} file @param {(key: string, src: string) => void} seen @returns {Chosen} */
export function choose(file, seen) {
  count += 1;
  const key = `picture-${count}`;
  const problem = unfit(file);
  if (!problem) void preview(file).then((src) => seen(key, src));
  return { key, file, src: "", alt: "", problem };
}

/** Pictures chosen for a product that is not there yet; they wait while one walks through the shop. */
export function useWaiting() {
  const [list, setList] = useState(() => takeOver("new"));
  const latest = useRef(list);
  latest.current = list;
  useEffect(() => () => handOver("new", latest.current.filter(({ problem }) => !problem)), []);
  useLeaveGuard(list.some(({ problem }) => !problem));
  /** @param {string} key @param {Partial<Chosen>} news */
  const change = (key, news) => setList((known) => known.map((one) => (one.key === key ? { ...one, ...news } : one)));
  return {
    list: list.filter(({ problem }) => !problem),
    refused: list.filter(({ problem }) => problem),
    change,
    /** They have gone with their product. */
    clear: () => {
      latest.current = [];
      setList([]);
    },
    /** @param {File[]} files */
    add: (files) => setList((known) => [...known, ...files.map((file) => choose(file, (key, src) => change(key, { src })))].slice(0, MOST_PICTURES)),
    /** @param {string} key */
    remove: (key) => setList((known) => known.filter((one) => one.key !== key)),
    /** @param {number} from @param {number} to */
    move: (from, to) => setList((known) => [...moved(known.filter(({ problem }) => !problem), from, to), ...known.filter(({ problem }) => problem)]),
  };
}

/** @param {{pictures: ReturnType<typeof useWaiting>}} props */
export function Waiting({ pictures }) {
  const { list, refused } = pictures;
  const order = useOrder(pictures.move);
  return html`
    ${list.length > 0 && html`<ul class="shots" ref=${order.box}>${list.map((one, at) => html`<${PictureCard} key=${one.key} name=${`Picture ${at + 1}`} alt=${one.alt} at=${at} of=${list.length} src=${one.src}
      onAlt=${(/** @type {string} */ alt) => pictures.change(one.key, { alt })} onMove=${(/** @type {number} */ to) => order.step(at, to, list.length)}
      onDrag=${() => order.drag(at)} onDropHere=${() => order.drop(at)}>
      <button type="button" class="button button-text" onClick=${() => pictures.remove(one.key)} aria-label=${`Remove picture ${at + 1}`}>Remove</button>
    <//>`)}</ul>`}
    <${Refused} list=${refused} onHide=${pictures.remove} />
    <${DropZone} label="Choose pictures" words="Drop pictures here. JPEG, PNG, WebP, GIF or AVIF, up to 5 MB each." accept="image/*" several name="pictures"
      disabled=${list.length >= MOST_PICTURES} onFiles=${pictures.add} />
  `;
}

/** Files that cannot be taken, each with why. @param {{list: Chosen[], onHide: (key: string) => void}} props */
export function Refused({ list, onHide }) {
  if (list.length === 0) return null;
  return html`<div role="alert"><ul class="refused">${list.map(({ key, file, problem }) => html`<li key=${key}>
    <span><strong>${file.name}</strong> <span class="field-problem">${problem}</span></span>
    <button type="button" class="icon-button" aria-label=${`Hide what is said of ${file.name}`} onClick=${() => onHide(key)}><${Icon} name="cross" /></button>
  </li>`)}</ul></div>`;
}
