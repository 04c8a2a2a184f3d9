import { html } from "htm/preact";
import { useState } from "preact/hooks";
import { drawingFor } from "./drawing.js";

/**
 * A product's picture in its small size (the large one where a screen has twice the pixels), or one of the house's
 * drawings where it has none or it cannot be loaded. Another picture in its place is tried anew.
 *
 * @param {{name: string, category?: string, image?: string | import("../live/types.js").Image | null,
 *   decorative?: boolean, sizes?: string, first?: boolean}} props `sizes`: how wide it is drawn, where it may be larger
 *   than the small size; `first`: in sight at once, so it is not waited with
 */
export function Picture({ name, category = "", image, decorative = false, sizes, first = false }) {
  const [broken, setBroken] = useState("");
  const { url, small, alt } = typeof image === "string" ? { url: image, small: image, alt: "" } : (image ?? {});
  const wanted = small ?? url;
  const fine = wanted && wanted !== broken;
  return html`<img
    class="picture"
    src=${fine ? wanted : drawingFor(name, category)}
    srcset=${fine && url && url !== wanted ? `${wanted} ${sizes ? "400w" : "1x"}, ${url} ${sizes ? "1600w" : "2x"}` : undefined}
    sizes=${sizes}
    alt=${decorative ? "" : alt || name}
    width="400"
    height="300"
    loading=${first ? "eager" : "lazy"}
    fetchpriority=${first ? "high" : undefined}
    decoding="async"
    onError=${() => wanted && setBroken(wanted)}
  />`;
}
