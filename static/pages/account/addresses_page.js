import { html } from "htm/preact";
import { useState } from "preact/hooks";
import { useAnswer } from "../../components/answer.js";
import { Dialog } from "../../components/dialog.js";
import { Icon } from "../../components/icon.js";
import { useLive } from "../../components/live_context.js";
import { Answered, Empty } from "../../components/states.js";
import { ApiError } from "../../live/api.js";
import { explainAccount } from "../../live/refusals.js";
import { AccountPage } from "./account_page.js";
import { AddressCard } from "./address_card.js";
import { AddressForm } from "./address_form.js";

/**
 * @typedef {{id: string, label: string, name: string, line1: string, line2: string, city: string, region: string,
 *   postal_code: string, country: string, phone: string | null, default_shipping: boolean, default_billing: boolean}} Address
 */

const PATH = "/api/auth/addresses";

/** The address book. */
export function AddressesPage() {
  const [editing, setEditing] = useState(/** @type {Address | "new" | null} */ (null));
  const add = html`<button type="button" class="button button-quiet" onClick=${() => setEditing("new")}><${Icon} name="plus" />Add an address</button>`;
  return html`<${AccountPage} title="Your addresses" lead="Where goods and bills go. Orders keep the address that they were placed with." actions=${add}>
    ${() => html`<${Book} editing=${editing} onEdit=${setEditing} />`}
  <//>`;
}

/** @param {{editing: Address | "new" | null, onEdit: (which: Address | "new" | null) => void}} props */
function Book({ editing, onEdit }) {
  const { mine, notices, session } = useLive();
  const answer = useAnswer(PATH);
  const close = () => onEdit(null);

  /** @param {string} said @param {() => Promise<unknown>} act */
  const change = async (said, act) => {
    try {
      await act();
      notices.tell({ tone: "done", title: said });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.code !== "not_found") notices.tell({ tone: "error", title: explainAccount(error) });
    }
    await answer.reload();
  };

  /** @param {Record<string, unknown>} values */
  const save = async (values) => {
    if (editing === "new") await mine.post(PATH, values);
    else if (editing) await mine.put(`${PATH}/${editing.id}`, values);
    await answer.reload();
    close();
    notices.tell({ tone: "done", title: editing === "new" ? "The address is in your book." : "The address is changed." });
  };

  /** @param {Address} address @param {"default_shipping" | "default_billing"} use */
  const prefer = ({ id, ...values }, use) => change(use === "default_shipping" ? "Goods go there from now on." : "Bills go there from now on.", () => mine.put(`${PATH}/${id}`, { ...values, [use]: true }));

  return html`
    <${Answered} answer=${answer} rows=${3}>${(/** @type {{items: Address[]}} */ { items }) => (items.length === 0
      ? html`<${Empty} title="No address yet"><p>Add one, and ordering is a matter of choosing it.</p>
          <button type="button" class="button button-quiet" onClick=${() => onEdit("new")}>Add your first address</button><//>`
      : html`<ul class="addresses">${items.map((address) => html`<${AddressCard} key=${address.id} address=${address} onEdit=${() => onEdit(address)}
          onPrefer=${(/** @type {"default_shipping" | "default_billing"} */ use) => prefer(address, use)}
          onRemove=${() => change("The address is taken out.", () => mine.delete(`${PATH}/${address.id}`))} />`)}</ul>`)}<//>
    ${editing && html`<${Dialog} title=${editing === "new" ? "A new address" : "Change the address"} onClose=${close}>
      <${AddressForm} address=${editing === "new" ? null : editing} name=${session.user.value?.name ?? ""} first=${answer.data?.items.length === 0} onSend=${save} />
    <//>`}
  `;
}
