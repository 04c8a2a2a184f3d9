import { html } from "htm/preact";
import { Frame } from "../../components/frame.js";
import { useLive } from "../../components/live_context.js";
import { Sign } from "./sign.js";
import { MailSent } from "../../components/mail_sent.js";

/** A forgotten password: a link by mail. */
export function ForgotPage() {
  const { shop } = useLive();
  return html`<${Frame} title="Forgotten your password?">
    <${Sign} icon="key" />
    ${shop.facts.value.mails
      ? html`<p>Tell us the email address of your account. We send you a link with which you can choose a new password.</p><${MailSent} kind="reset" />`
      : html`<p role="status">This shop sends no mails, so no link can reach you. Ask the people who run it for a new password.</p>`}
    <p class="desk-links"><a href="/login">Back to signing in</a></p>
  <//>`;
}
