import { html } from "htm/preact";
import { useAnswer } from "../../components/answer.js";
import { Confirmed } from "../../components/dialog.js";
import { useLive } from "../../components/live_context.js";
import { Answered } from "../../components/states.js";
import { ApiError } from "../../live/api.js";
import { Editor } from "./editor.js";
import { NotYours, useNotYours } from "./not_yours.js";
import { SellerPage } from "./ways.js";
import { useStaying } from "./whose.js";
import { explainWork } from "./words.js";

/** A product of one's own, changed. @param {{id: string}} props */
export function EditProductPage({ id }) {
  const staying = useStaying();
  const actions = html`<a class="button button-quiet" href=${`/seller/products/${id}/stock${staying}`}>Stock over time</a><${Remove} id=${id} />`;
  return html`<${SellerPage} title="Edit product" actions=${actions}><${Found} id=${id} /><//>`;
}

/** @param {{id: string}} props */
function Found({ id }) {
  const answer = useAnswer(`/api/products/${id}`);
  const notYours = useNotYours(answer);
  if (notYours) return html`<${NotYours} />`;
  return html`<${Answered} answer=${answer} rows=${8}>${(/** @type {import("./types.js").Own} */ product) => html`<${Editor} key=${id} product=${product} set=${answer.set} reload=${answer.reload} />`}<//>`;
}

/** @param {{id: string}} props */
function Remove({ id }) {
  const { mine, notices, place } = useLive();
  const staying = useStaying();
  const remove = async () => {
    try {
      const { kept } = await mine.delete(`/api/products/${id}`);
      notices.tell({ tone: "done", title: "The product is out of the shop.", text: kept ? "It was sold or held before, so orders go on showing it." : undefined });
      place.go(`/seller/products${staying}`, { replacing: true });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      notices.tell({ tone: "error", title: "The product is still there.", text: explainWork(error) });
    }
  };
  return html`<${Confirmed} label="Delete" name="Delete this product" question="Take this product out of the shop for good?" yes="Take it out"
    words="Nobody can buy it any more. Where it was sold, orders keep it." act=${remove} />`;
}
