import { html } from "htm/preact";
import { useState } from "preact/hooks";
import { drawingFor } from "./drawing.js";

/**
 * A product's picture, or one of the house's drawings where it has none or it cannot be loaded.
 *
 * @param {{name: string, category?: string, image?: string | import("../live/types.js").Image | null,
 *   decorative?: boolean}} props
 */
export function Picture({ name, category = "", image, decorative = false }) {
  const [broken, setBroken] = useState(false);
  const url = typeof image === "string" ? image : image?.url;
  const alt = typeof image === "object" ? image?.alt : "";
  const shown = url && !broken ? url : drawingFor(name, category);
  return html`<img
    class="picture"
    src=${shown}
    alt=${decorative ? "" : alt || name}
    width="400"
    height="300"
    loading="lazy"
    decoding="async"
    onError=${() => setBroken(true)}
  />`;
}
