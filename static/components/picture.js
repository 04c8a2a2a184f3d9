import { html } from "htm/preact";
import { useState } from "preact/hooks";
import { drawingFor } from "./drawing.js";

/**
 * A product's picture in its small size (the large one where a screen has twice the pixels), or one of the house's
 * drawings where it has none or it cannot be loaded. Another picture in its place is tried anew.
 *
 * @param {{name: string, category?: string, image?: string | import("../live/types.js").Image | null,
 *   decorative?: boolean}} props
 */
export function Picture({ name, category = "", image, decorative = false }) {
  const [broken, setBroken] = useState("");
  const { url, small, alt } = typeof image === "string" ? { url: image, small: image, alt: "" } : (image ?? {});
  const wanted = small ?? url;
  const fine = wanted && wanted !== broken;
  return html`<img
    class="picture"
    src=${fine ? wanted : drawingFor(name, category)}
    srcset=${fine && url && url !== wanted ? `${wanted} 1x, ${url} 2x` : undefined}
    alt=${decorative ? "" : alt || name}
    width="400"
    height="300"
    loading="lazy"
    decoding="async"
    onError=${() => wanted && setBroken(wanted)}
  />`;
}
