import { html } from "htm/preact";
import { useState } from "preact/hooks";
import { Frame } from "../../components/frame.js";
import { Sign } from "./sign.js";
import { MailSent } from "../../components/mail_sent.js";
import { TokenForm } from "./token_form.js";

/** Behind the link of the activation mail. */
export function ActivatePage() {
  const [user, setUser] = useState(/** @type {import("../../live/types.js").User | null} */ (null));
  if (user) {
    return html`<${Frame} title="Your account is ready">
      <${Sign} icon="check" />
      <p class="desk-done" role="status">Welcome, ${user.name}. Sign in with <strong>${user.email}</strong>.</p>
      <a class="button button-main" href="/login">Sign in</a>
    <//>`;
  }
  return html`<${Frame} title="Activate your account">
    <${Sign} icon="key" />
    <${TokenForm} path="/api/auth/activate" button="Activate my account" working="Activating…" onDone=${setUser}
      otherwise=${html`<p>Another link can be sent to you:</p><${MailSent} kind="activation" />`} />
  <//>`;
}
