import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";
import { useLive } from "../../components/live_context.js";
import { useAct } from "./act.js";

/** Puts a product on the shelf, or takes it off. @param {{product: import("./types.js").Own, onSaved: (product: import("./types.js").Own) => void}} props */
export function ShowSwitch({ product, onSaved }) {
  const { mine, notices } = useLive();
  const { id, name, published } = product;
  const [wished, setWished] = useState(/** @type {boolean | null} */ (null));
  const act = useAct();
  useEffect(() => setWished(null), [published]);
  const on = wished ?? published;
  const turn = async () => {
    if (act.busy) return;
    setWished(!on);
    const done = await act.run(async () => onSaved(await mine.post(`/api/products/${id}/${on ? "unpublish" : "publish"}`)));
    if (done) notices.say(on ? `${name} is off the shelf.` : `${name} is on the shelf.`);
    else setWished(null);
  };
  return html`<span class="own-show">
    <button type="button" class="switch" role="switch" aria-checked=${on} aria-label=${`${name} on show`} data-busy=${act.busy ? "" : null} onClick=${turn}>
      <span class="switch-track"><span class="switch-knob"></span></span>
    </button>
    ${act.problem && html`<span class="field-problem" role="alert">${act.problem}</span>`}
  </span>`;
}
