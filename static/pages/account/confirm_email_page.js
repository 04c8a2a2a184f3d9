import { html } from "htm/preact";
import { useState } from "preact/hooks";
import { useLive } from "../../components/live_context.js";
import { Frame } from "../../components/frame.js";
import { Sign } from "./sign.js";
import { TokenForm } from "./token_form.js";

/** Behind the link that is sent to a new address. */
export function ConfirmEmailPage() {
  const { renewal } = useLive();
  const [email, setEmail] = useState("");
  /** @param {import("../../live/types.js").User} user */
  const done = (user) => {
    setEmail(user.email);
    void renewal.renew(); // whoever is signed in here goes by the new address from now on
  };
  if (email) {
    return html`<${Frame} title="Your address is changed">
      <${Sign} icon="check" />
      <p class="desk-done" role="status">Your account goes by <strong>${email}</strong> from now on.</p>
      <a class="button button-main" href="/">To the shop</a>
    <//>`;
  }
  return html`<${Frame} title="Confirm your address">
    <${Sign} icon="mail" />
    <${TokenForm} path="/api/auth/confirm-email" button="Use this address" working="Changing…" onDone=${done}
      otherwise=${html`<p>Your account keeps the address that it has. Begin the change once more to get another link.</p>`} />
  <//>`;
}
