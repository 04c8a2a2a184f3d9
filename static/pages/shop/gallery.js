import { html } from "htm/preact";
import { useRef, useState } from "preact/hooks";
import { Icon } from "../../components/icon.js";
import { Picture } from "../../components/picture.js";
import { percentOff } from "./price.js";

const SIZES = "(min-width: 60rem) 45rem, 100vw";
/** @type {Record<string, number>} */
const STEPS = { ArrowLeft: -1, ArrowRight: 1 };

/**
 * A product's pictures: one large, the others small below it. The arrow keys lead from one to the next, as a swipe does.
 *
 * @param {{product: import("../../live/types.js").Product}} props
 */
export function Gallery({ product }) {
  const { name, category } = product;
  const images = product.images ?? [];
  const [chosen, setChosen] = useState(/** @type {string | null} */ (null));
  const start = useRef(/** @type {number | null} */ (null));
  // By its address: the seller may put them in another order meanwhile.
  const index = Math.max(0, images.findIndex(({ url }) => url === chosen));
  const image = images[index];
  const several = images.length > 1;
  const off = percentOff(product);

  /** @param {number} by */
  const step = (by) => setChosen(images[(index + by + images.length) % images.length]?.url ?? null);
  /** @param {KeyboardEvent} event */
  const press = (event) => {
    const by = STEPS[event.key];
    if (!by || !several) return;
    event.preventDefault();
    step(by);
    const next = /** @type {HTMLElement} */ (event.currentTarget).querySelectorAll(".thumb")[(index + by + images.length) % images.length];
    if (event.target instanceof Element && event.target.classList.contains("thumb") && next instanceof HTMLElement) next.focus();
  };
  /** @param {PointerEvent} event */
  const release = (event) => {
    const far = start.current === null ? 0 : event.clientX - start.current;
    start.current = null;
    if (several && event.pointerType === "touch" && Math.abs(far) > 40) step(far < 0 ? 1 : -1);
  };

  return html`<section class="gallery" aria-label="Pictures" onKeyDown=${press}>
    <div class="gallery-main" onPointerDown=${(/** @type {PointerEvent} */ event) => { start.current = event.clientX; }} onPointerUp=${release}>
      <${Picture} key=${image?.url ?? "drawing"} name=${name} category=${category} image=${image} sizes=${SIZES} first />
      ${off > 0 && html`<span class="card-off figures">−${off}%</span>`}
      ${several && html`
        <button type="button" class="icon-button gallery-step" data-side="before" onClick=${() => step(-1)} aria-label="The picture before"><${Icon} name="before" /></button>
        <button type="button" class="icon-button gallery-step" data-side="next" onClick=${() => step(1)} aria-label="The next picture"><${Icon} name="next" /></button>
        <p class="gallery-count figures" role="status"><span class="unseen">Picture </span>${index + 1} / ${images.length}</p>
      `}
    </div>
    ${several && html`<ul class="thumbs">
      ${images.map((one, number) => html`<li key=${one.url}>
        <button type="button" class="thumb" aria-pressed=${number === index} aria-label=${`Picture ${number + 1} of ${images.length}${one.alt && one.alt !== name ? `: ${one.alt}` : ""}`} onClick=${() => setChosen(one.url)}>
          <${Picture} name=${name} category=${category} image=${{ ...one, url: one.small }} decorative />
        </button>
      </li>`)}
    </ul>`}
  </section>`;
}
