import { html } from "htm/preact";
import { useState } from "preact/hooks";
import { Confirmed } from "../../components/dialog.js";
import { useLive } from "../../components/live_context.js";
import { useAct } from "./act.js";
import { DropZone } from "./drop_zone.js";
import { takeOver } from "./handover.js";
import { moved, useOrder } from "./order.js";
import { PictureCard } from "./picture_card.js";
import { MOST_PICTURES } from "./picture_file.js";
import { useUploads } from "./uploads.js";
import { Refused } from "./waiting_pictures.js";

/** @typedef {import("../../live/types.js").Image} Image */

/**
 * The pictures of a product: each change is done at once, and put back where it is refused.
 *
 * @param {{product: import("./types.js").Own, onImages: (change: (images: Image[]) => Image[]) => void, reload: () => Promise<void>}} props
 */
export function Gallery({ product, onImages, reload }) {
  const { mine, notices } = useLive();
  const { id, images } = product;
  const path = `/api/products/${id}/images`;
  const act = useAct();
  const [first] = useState(() => takeOver(id));
  const uploads = useUploads(id, first, (image) => onImages((known) => [...known.filter((one) => one.id !== image.id), image]));

  /** @param {Image[]} next @param {() => Promise<unknown>} tell */
  const change = async (next, tell) => {
    onImages(() => next);
    if (!(await act.run(tell))) await reload(); // what is true is the server's
  };
  const order = useOrder((from, to) => {
    const next = moved(images, from, to);
    void change(next, () => mine.put(path, { order: next.map((one) => one.id) }));
  });
  /** @param {Image} image @param {string} alt */
  const describe = (image, alt) => change(images.map((one) => (one === image ? { ...one, alt } : one)), async () => {
    await mine.put(`${path}/${image.id}`, { alt });
    notices.say("The words are saved.");
  });
  /** @param {Image} image */
  const remove = (image) => change(images.filter((one) => one !== image), () => mine.delete(`${path}/${image.id}`));

  const total = images.length + uploads.sending.length;
  return html`<section class="panel" aria-labelledby="pictures-title">
    <h2 id="pictures-title" class="panel-title">Pictures</h2>
    ${images.length > 0 && html`<ul class="shots" ref=${order.box}>${images.map((image, at) => html`<${PictureCard} key=${image.id ?? image.url} name=${`Picture ${at + 1}`} alt=${image.alt} at=${at} of=${images.length} src=${image.small}
      onAlt=${(/** @type {string} */ alt) => describe(image, alt)} onMove=${(/** @type {number} */ to) => order.step(at, to, images.length)}
      onDrag=${() => order.drag(at)} onDropHere=${() => order.drop(at)}>
      <${Confirmed} label="Remove" name=${`Remove picture ${at + 1}`} question="Take this picture away?" words="It goes from the shop as well." yes="Take it away" act=${() => remove(image)} />
    <//>`)}</ul>`}
    ${uploads.sending.length > 0 && html`<ul class="shots" role="status" aria-label="On their way">${uploads.sending.map(({ key, file, src }) => html`<li key=${key} class="shot" data-busy="">
      <span class="shot-picture">${src ? html`<img class="picture" src=${src} alt="" />` : null}<span class="shot-bar"></span></span><span class="small soft">Sending ${file.name}</span>
    </li>`)}</ul>`}
    ${act.problem && html`<p class="form-problem" role="alert">${act.problem}</p>`}
    <${Refused} list=${uploads.refused} onHide=${uploads.hide} />
    <${DropZone} label="Choose pictures" words=${total >= MOST_PICTURES ? `A product has at most ${MOST_PICTURES} pictures.` : "Drop pictures here. JPEG, PNG, WebP, GIF or AVIF, up to 5 MB each."}
      accept="image/*" several name="pictures" disabled=${total >= MOST_PICTURES} onFiles=${uploads.add} />
  </section>`;
}
