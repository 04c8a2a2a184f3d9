import { html } from "htm/preact";
import { useLive } from "../../components/live_context.js";
import { AddressBook } from "./address_book.js";
import { GuestAddress } from "./guest_address.js";
import { Step } from "./step.js";

/** Where the order goes: one of the address book or a new one; guests say where they hear of it, too. */
export function AddressPage() {
  const { place, session } = useLive();
  const on = () => place.go("/order/payment");
  return html`<${Step} step="address" title="Where to?">
    ${(/** @type {import("../../live/types.js").CheckoutState} */ state) => {
      const user = session.user.value;
      if (user) return html`<${AddressBook} key=${user.id} state=${state} onDone=${on} />`;
      return html`<${GuestAddress} state=${state} onDone=${on} />`;
    }}
  <//>`;
}
