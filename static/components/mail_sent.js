import { html } from "htm/preact";
import { useState } from "preact/hooks";
import { Field, FormProblem, Submit } from "./field.js";
import { useForm } from "./form.js";
import { useLive } from "./live_context.js";

const MAILS = {
  activation: { path: "/api/auth/resend-activation", button: "Not activated yet? Send another link", holds: "ten minutes" },
  reset: { path: "/api/auth/forgot-password", button: "Send me a link", holds: "ten minutes" },
};

/**
 * Have a link sent by mail. What is said afterwards is the same for every address: who has an account here is nobody
 * else's business.
 *
 * @param {{kind: keyof typeof MAILS, email?: string}} props `email`: where it goes, else it is asked for
 */
export function MailSent({ kind, email }) {
  const { api } = useLive();
  const [sentTo, setSentTo] = useState("");
  const { path, button, holds } = MAILS[kind];
  const { busy, problem, fields, form, onSubmit } = useForm(async (values) => {
    const to = email ?? values.email ?? "";
    await api.post(path, { email: to });
    setSentTo(to);
  });
  return html`
    ${sentTo && html`<p class="desk-done" role="status">
      If there is an account for <strong>${sentTo}</strong>, a mail is on its way. The link in it is good for ${holds}.
    </p>`}
    <form class="form" ref=${form} onSubmit=${onSubmit} novalidate>
      <${FormProblem} problem=${problem} />
      ${email === undefined && html`<${Field} label="Email" name="email" type="email" autocomplete="username" problem=${fields.email} />`}
      <${Submit} busy=${busy} working="Sending…" quiet=${email !== undefined}>${sentTo ? "Send it again" : button}<//>
    </form>
  `;
}
