import { html } from "htm/preact";
import { Dialog } from "../../../components/dialog.js";
import { FormProblem, Submit, TextArea } from "../../../components/field.js";
import { useForm } from "../../../components/form.js";
import { useLive } from "../../../components/live_context.js";
import { explainMove } from "./refused.js";
import { numberOf } from "./shapes.js";

/**
 * Cancels a part that was not sent yet, for a reason. The rules let buyers do that, and admins in anybody's stead.
 *
 * @param {{part: import("./shapes.js").SellerPart, desk: import("./shapes.js").Desk, onClose: () => void}} props
 */
export function CancelDialog({ part, desk, onClose }) {
  const { mine } = useLive();
  const number = numberOf(part);
  const form = useForm(async ({ reason }) => {
    await mine.post(`/api/orders/${part.id}/cancel`, { reason, seller_id: desk.seller });
    onClose();
    desk.done(`Order ${number} is cancelled.`);
  }, explainMove);
  return html`<${Dialog} title=${`Cancel order ${number}?`} onClose=${onClose}>
    <p>Its stock goes back on the shelf, and the buyer gets the money back. This cannot be undone.</p>
    <form class="form" ref=${form.form} onSubmit=${form.onSubmit} noValidate>
      <${FormProblem} problem=${form.problem} />
      <${TextArea} label="Why" name="reason" most=${500} rows=${2} problem=${form.fields.reason} hint="The buyer reads it." />
      <div class="dialog-acts">
        <button type="button" class="button button-quiet" onClick=${onClose}>No, leave it</button>
        <${Submit} busy=${form.busy} working="Cancelling…">Yes, cancel it<//>
      </div>
    </form>
  <//>`;
}
