import { html } from "htm/preact";
import { useState } from "preact/hooks";
import { Field } from "../../components/field.js";
import { Frame } from "../../components/frame.js";
import { Sign } from "./sign.js";
import { MailSent } from "../../components/mail_sent.js";
import { TokenForm } from "./token_form.js";

/** Behind the link for a forgotten password: a new one. */
export function ResetPage() {
  const [done, setDone] = useState(false);
  if (done) {
    return html`<${Frame} title="Your password is changed">
      <${Sign} icon="check" />
      <p class="desk-done" role="status">All devices were signed out. Sign in with the new password.</p>
      <a class="button button-main" href="/login">Sign in</a>
    <//>`;
  }
  return html`<${Frame} title="Choose a new password">
    <${Sign} icon="key" />
    <${TokenForm} path="/api/auth/reset-password" button="Change the password" working="Changing…" onDone=${() => setDone(true)}
      otherwise=${html`<p>Links for a new password are good for ten minutes. Another can be sent to you:</p><${MailSent} kind="reset" />`}>
      ${(/** @type {Record<string, string>} */ fields) => html`<${Field} label="New password" name="password" type="password"
        autocomplete="new-password" least=${8} most=${128} hint="At least 8 characters. Several words are better than one."
        problem=${fields.password} />`}
    <//>
  <//>`;
}
