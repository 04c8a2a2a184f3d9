import { html } from "htm/preact";
import { Dialog } from "../../../components/dialog.js";
import { Field, FormProblem, Submit, TextArea } from "../../../components/field.js";
import { useForm } from "../../../components/form.js";
import { useLive } from "../../../components/live_context.js";
import { explainMove } from "./refused.js";
import { numberOf } from "./shapes.js";

/**
 * Says that a part is on its way, and with whom.
 *
 * @param {{part: import("./shapes.js").SellerPart, desk: import("./shapes.js").Desk, onClose: () => void}} props
 */
export function ShipDialog({ part, desk, onClose }) {
  const { mine } = useLive();
  const number = numberOf(part);
  const form = useForm(async (values) => {
    await mine.put(`/api/orders/${part.id}/status`, { status: "shipped", seller_id: desk.seller, ...values });
    onClose();
    desk.done(`Order ${number} is on its way.`);
  }, explainMove);
  return html`<${Dialog} title=${`Ship order ${number}`} onClose=${onClose}>
    <form class="form" ref=${form.form} onSubmit=${form.onSubmit} noValidate>
      <${FormProblem} problem=${form.problem} />
      <${Field} label="Carrier" name="carrier" most=${100} optional problem=${form.fields.carrier} hint="Who brings it: DHL, An Post…" />
      <${Field} label="Tracking number" name="tracking_number" most=${100} optional problem=${form.fields.tracking_number} />
      <${TextArea} label="A note for the buyer" name="note" most=${500} rows=${2} optional problem=${form.fields.note} />
      ${desk.admin && html`<${Field} label="Why you do this for the seller" name="reason" most=${500} problem=${form.fields.reason} />`}
      <div class="dialog-acts">
        <button type="button" class="button button-quiet" onClick=${onClose}>Not yet</button>
        <${Submit} busy=${form.busy} working="Noting it…">It is on its way<//>
      </div>
    </form>
  <//>`;
}
