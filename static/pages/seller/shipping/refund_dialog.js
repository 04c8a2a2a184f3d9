import { html } from "htm/preact";
import { useState } from "preact/hooks";
import { Dialog } from "../../../components/dialog.js";
import { Check, Field, FormProblem, Submit } from "../../../components/field.js";
import { useForm } from "../../../components/form.js";
import { useLive } from "../../../components/live_context.js";
import { ApiError } from "../../../live/api.js";
import { explainMove } from "./refused.js";
import { kept, numberOf } from "./shapes.js";

/** @typedef {import("./shapes.js").SellerPart} SellerPart */

/**
 * Gives money back for what was sent: all of it, or for some units, which go back on the shelf or not. The key of the
 * refund lives as long as the dialog, so that a press that is repeated gives back once.
 *
 * @param {{part: SellerPart, desk: import("./shapes.js").Desk, onClose: () => void}} props
 */
export function RefundDialog({ part, desk, onClose }) {
  const { mine } = useLive();
  const [key, setKey] = useState(newKey);
  const [whole, setWhole] = useState(true);
  const number = numberOf(part);
  const form = useForm(async (values) => {
    const units = whole ? [] : unitsOf(part, values);
    if (!whole && units.length === 0) throw new ApiError("validation", "Say of which products how many came back.");
    const body = { refund_id: key, units, reason: values.reason, restock: values.restock === "on", seller_id: desk.seller };
    try {
      await mine.post(`/api/orders/${part.id}/refund`, body);
    } catch (error) {
      if (error instanceof ApiError && error.code === "key_reused") setKey(newKey()); // what was sent before has been done
      throw error;
    }
    onClose();
    desk.done(`Money for order ${number} is on its way back.`);
  }, explainMove);
  return html`<${Dialog} title=${`Refund order ${number}`} onClose=${onClose}>
    <form class="form" ref=${form.form} onSubmit=${form.onSubmit} noValidate>
      <${FormProblem} problem=${form.problem} />
      <div class="choices" role="group" aria-label="How much">
        <button type="button" class="chip" aria-pressed=${whole} onClick=${() => setWhole(true)}>All that is left</button>
        <button type="button" class="chip" aria-pressed=${!whole} onClick=${() => setWhole(false)}>Some units</button>
      </div>
      ${!whole && part.product_list.filter((line) => kept(line) > 0).map((line) => html`<${Field} key=${line.product_id}
        label=${`Units of ${line.name}, of ${kept(line)}`} name=${line.product_id} type="number" min=${0} max=${kept(line)} step=${1} value=${0} inputmode="numeric" />`)}
      <${Check} label="Put what came back on the shelf" name="restock" on />
      <${Field} label="Why" name="reason" most=${500} optional=${!desk.admin} problem=${form.fields.reason} hint="The buyer reads it." />
      <div class="dialog-acts">
        <button type="button" class="button button-quiet" onClick=${onClose}>No, leave it</button>
        <${Submit} busy=${form.busy} working="Giving it back…">Give it back<//>
      </div>
    </form>
  <//>`;
}

/** @param {SellerPart} part @param {Record<string, string>} values */
function unitsOf(part, values) {
  return part.product_list
    .map(({ product_id }) => ({ product_id, quantity: Number(values[product_id] ?? 0) }))
    .filter(({ quantity }) => quantity > 0);
}

/** An id as the server has them: 24 hexadecimal digits. */
function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
