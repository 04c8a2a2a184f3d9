import { html } from "htm/preact";
import { useState } from "preact/hooks";
import { Field, FormProblem, Submit } from "./field.js";
import { useForm } from "./form.js";
import { useLive } from "./live_context.js";
import { MailSent } from "./mail_sent.js";
import { wayIn } from "../live/onward.js";

/** Signing in by email and password. The refusal cannot tell who waits for an activation, so it offers the mail to all. */
export function LoginForm() {
  const { account, session, notices, place } = useLive();
  const [email, setEmail] = useState("");
  const { busy, problem, code, fields, form, onSubmit } = useForm(async (values) => {
    setEmail(values.email ?? "");
    await account.signIn({ email: values.email ?? "", password: values.password ?? "" });
    notices.tell({ tone: "done", title: `Welcome, ${session.user.peek()?.name}.` });
  });
  return html`
    <form class="form" ref=${form} onSubmit=${onSubmit} novalidate>
      <${FormProblem} problem=${problem} />
      <${Field} label="Email" name="email" type="email" autocomplete="username" problem=${fields.email} />
      <${Field} label="Password" name="password" type="password" autocomplete="current-password" most=${128} problem=${fields.password} />
      <${Submit} busy=${busy} working="Signing in…">Sign in<//>
    </form>
    ${code === "not_authenticated" && html`<${MailSent} kind="activation" email=${email} />`}
    <p class="desk-links"><a href="/forgot-password">Forgotten your password?</a><a href=${wayIn("/register", place)}>Create an account</a></p>
  `;
}
