import { html } from "htm/preact";
import { useState } from "preact/hooks";
import { Field, FormProblem, Submit } from "../../components/field.js";
import { useForm } from "../../components/form.js";
import { useLive } from "../../components/live_context.js";
import { ApiError } from "../../live/api.js";
import { Frame, useOnwardWhenSignedIn } from "../../components/frame.js";
import { MailSent } from "../../components/mail_sent.js";
import { wayIn } from "../../live/onward.js";
import { Door } from "./door.js";
import { Sign } from "./sign.js";

/** A new account: then a look into one's mail, or straight in where the shop does not ask for that. */
export function RegisterPage() {
  useOnwardWhenSignedIn();
  const [email, setEmail] = useState("");
  if (email) return html`<${LookIntoYourMail} email=${email} />`;
  return html`<${Door} title="Create an account" lead="A name, an address, a password: that is all."><${RegisterForm} onMailed=${setEmail} /><//>`;
}

/** @param {{onMailed: (email: string) => void}} props */
function RegisterForm({ onMailed }) {
  const { api, account, notices, place, shop } = useLive();
  const { busy, problem, fields, form, onSubmit } = useForm(async (values) => {
    const { name = "", email = "", password = "" } = values;
    await api.post("/api/auth/register", { name, email, password });
    if (shop.facts.peek().activation_required) onMailed(email);
    else await enter({ email, password });
  });

  /** @param {{email: string, password: string}} credentials */
  async function enter(credentials) {
    try {
      await account.signIn(credentials);
      notices.tell({ tone: "done", title: "Welcome. Your account is ready." });
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== "not_authenticated") throw error;
      // The address had an account before. Its owner gets a mail; here nothing is said of it.
      place.go(wayIn("/login", place));
      notices.tell({ tone: "info", title: "Sign in with your account’s password." });
    }
  }

  return html`
    <form class="form" ref=${form} onSubmit=${onSubmit} novalidate>
      <${FormProblem} problem=${problem} />
      <${Field} label="Name" name="name" autocomplete="name" most=${200} problem=${fields.name} />
      <${Field} label="Email" name="email" type="email" autocomplete="username" problem=${fields.email} />
      <${Field} label="Password" name="password" type="password" autocomplete="new-password" least=${8} most=${128}
        hint="At least 8 characters. Several words are better than one." problem=${fields.password} />
      <${Submit} busy=${busy} working="Creating…">Create account<//>
    </form>
    <p class="desk-links"><a href=${wayIn("/login", place)}>I have an account</a></p>
  `;
}

/** @param {{email: string}} props */
function LookIntoYourMail({ email }) {
  return html`<${Frame} title="Look into your mail">
    <${Sign} icon="mail" />
    <p>We have written to <strong>${email}</strong>. Follow the link in that mail to prove that the address is yours; it is good for a day.</p>
    <p class="desk-soft">Nothing there after a few minutes? Look among the unwanted mail, or:</p>
    <${MailSent} kind="activation" email=${email} />
    <p class="desk-links"><a href="/login">Sign in</a></p>
  <//>`;
}
