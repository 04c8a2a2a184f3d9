import { html } from "htm/preact";
import { useAnswer } from "../../components/answer.js";
import { Answered } from "../../components/states.js";
import { AccountPage } from "./account_page.js";
import { Overview } from "./overview.js";
import { ProfileForm } from "./profile_form.js";
import { WhoIAm } from "./who_i_am.js";

/** @typedef {{id: string, email: string, name: string, role: string, phone: string | null, created_at: string | null}} Profile */

/** Who one is here, and the ways to what is theirs. */
export function ProfilePage() {
  return html`<${AccountPage} title="Your account">${() => html`<${Content} />`}<//>`;
}

function Content() {
  const profile = useAnswer("/api/auth/profile");
  return html`<${Answered} answer=${profile} rows=${5}>${(/** @type {Profile} */ data) => html`
    <${WhoIAm} profile=${data} />
    <div class="account-split">
      <${ProfileForm} profile=${data} onSaved=${profile.set} />
      <${Overview} />
    </div>
  `}<//>`;
}
