import { html } from "htm/preact";
import { Frame } from "../../components/frame.js";
import { Sign } from "./sign.js";
import { MailSent } from "../../components/mail_sent.js";

/** A forgotten password: a link by mail. */
export function ForgotPage() {
  return html`<${Frame} title="Forgotten your password?">
    <${Sign} icon="key" />
    <p>Tell us the email address of your account. We send you a link with which you can choose a new password.</p>
    <${MailSent} kind="reset" />
    <p class="desk-links"><a href="/login">Back to signing in</a></p>
  <//>`;
}
