import { html } from "htm/preact";
import { useState } from "preact/hooks";
import { Field, FormProblem, Submit } from "../../components/field.js";
import { useForm } from "../../components/form.js";
import { useLive } from "../../components/live_context.js";
import { AccountPage } from "./account_page.js";
import { useProving } from "./proving.js";

/** How one signs in: the password, and the address that one goes by. */
export function PasswordPage() {
  return html`<${AccountPage} title="Password and email">${() => html`<div class="panels"><${NewPassword} /><${NewEmail} /></div>`}<//>`;
}

function NewPassword() {
  const { notices, shop } = useLive();
  const prove = useProving("current_password");
  const [done, setDone] = useState(0); // an emptied form after each
  const { busy, problem, fields, form, onSubmit } = useForm(async ({ current_password = "", password = "" }) => {
    await prove("/api/auth/change-password", { current_password, password });
    setDone(done + 1);
    notices.tell({ tone: "done", title: "Your password is changed.", text: "All your other devices are signed out." });
  });
  const { mails } = shop.facts.value;
  return html`<section class="panel" aria-labelledby="new-password">
    <h2 id="new-password" class="panel-title">Change your password</h2>
    <p class="soft small">You stay signed in here. All your other devices are signed out${mails && ", and we send you a mail about it"}.</p>
    <form class="form" ref=${form} onSubmit=${onSubmit} key=${done} novalidate>
      <${FormProblem} problem=${problem} />
      <${Field} label="Present password" name="current_password" type="password" autocomplete="current-password" most=${128} problem=${fields.current_password} />
      <${Field} label="New password" name="password" type="password" autocomplete="new-password" least=${8} most=${128}
        hint="At least 8 characters. Several words are better than one." problem=${fields.password} />
      <${Submit} busy=${busy} working="Changing…">Change the password<//>
    </form>
    <p class="desk-links"><a href="/forgot-password">Forgotten your password?</a></p>
  </section>`;
}

function NewEmail() {
  const { session } = useLive();
  const prove = useProving("password");
  const [asked, setAsked] = useState("");
  const { busy, problem, fields, form, onSubmit } = useForm(async ({ email = "", password = "" }) => {
    await prove("/api/auth/change-email", { email, password });
    setAsked(email);
  });
  return html`<section class="panel" aria-labelledby="new-email">
    <h2 id="new-email" class="panel-title">Change your email</h2>
    <p class="soft small">Your account goes by <strong class="unbroken">${session.user.value?.email}</strong>. The new address counts once you have followed the link that we send there.</p>
    ${asked && html`<p class="desk-done" role="status">Look into your mail: a link is on its way to <strong class="unbroken">${asked}</strong>. It is good for an hour.</p>`}
    <form class="form" ref=${form} onSubmit=${onSubmit} key=${asked} novalidate>
      <${FormProblem} problem=${problem} />
      <${Field} label="New email" name="email" type="email" autocomplete="email" problem=${fields.email} />
      <${Field} id="field-email-password" label="Your password" name="password" type="password" autocomplete="current-password" most=${128} problem=${fields.password} />
      <${Submit} busy=${busy} working="Sending…" quiet>Send the link<//>
    </form>
  </section>`;
}
