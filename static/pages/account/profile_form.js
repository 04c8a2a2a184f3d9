import { html } from "htm/preact";
import { Field, FormProblem, Submit } from "../../components/field.js";
import { useForm } from "../../components/form.js";
import { useLive } from "../../components/live_context.js";

/** @typedef {import("./profile_page.js").Profile} Profile */

/** What to call somebody, and where to ring. @param {{profile: Profile, onSaved: (profile: Profile) => void}} props */
export function ProfileForm({ profile, onSaved }) {
  const { mine, notices, renewal } = useLive();
  const { busy, problem, fields, form, onSubmit } = useForm(async ({ name, phone }) => {
    const saved = await mine.put("/api/auth/profile", { name, phone: phone || null });
    onSaved(saved);
    if (saved.name !== profile.name) void renewal.renew(); // the next token says the new name, in every tab
    notices.tell({ tone: "done", title: "Saved. This is how we know you from now on." });
  });
  return html`<section class="panel" aria-labelledby="about-you">
    <h2 id="about-you" class="panel-title">About you</h2>
    <form class="form" ref=${form} onSubmit=${onSubmit} novalidate>
      <${FormProblem} problem=${problem} />
      <${Field} label="Name" name="name" autocomplete="name" most=${200} value=${profile.name} problem=${fields.name} />
      <${Field} label="Phone" name="phone" type="tel" autocomplete="tel" most=${40} value=${profile.phone ?? ""} optional
        hint="With its country’s code, for a parcel that does not find its door." problem=${fields.phone} key=${profile.phone} />
      <div class="fact"><span class="fact-name">Email</span><span class="fact-value">${profile.email}</span><a href="/account/password">Change it</a></div>
      <${Submit} busy=${busy} working="Saving…">Save<//>
    </form>
  </section>`;
}
