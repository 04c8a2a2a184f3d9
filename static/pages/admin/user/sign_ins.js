import { html } from "htm/preact";
import { Tag } from "../../../components/status.js";
import { moment } from "../words.js";
import { deviceName } from "../../account/device.js";

/** Where somebody is signed in, and their last sign-ins, failed ones included. @param {{user: import("./shapes.js").Detail}} props */
export function SignIns({ user: { sessions, sign_ins } }) {
  return html`
    <section class="panel" aria-labelledby="sessions-title">
      <h2 class="panel-title" id="sessions-title">Signed in on</h2>
      ${sessions.length === 0 ? html`<p class="soft">Nowhere at the moment.</p>` : html`<ul class="facts-list">${sessions.map((one) => html`<li class="fact" key=${one.id}>
        <span class="fact-words"><strong>${deviceName(one.device)}</strong><span class="soft small figures">${one.address}, since ${moment(one.created_at)}</span></span>
        <span class="soft small figures">last used ${moment(one.last_used_at)}</span>
      </li>`)}</ul>`}
    </section>
    <section class="panel" aria-labelledby="signins-title">
      <h2 class="panel-title" id="signins-title">Last sign-ins</h2>
      ${sign_ins.length === 0 ? html`<p class="soft">None yet.</p>` : html`<ul class="facts-list">${sign_ins.map((one) => html`<li class="fact" key=${one.id}>
        <span class="fact-words"><strong class="figures">${moment(one.at)}</strong><span class="soft small figures">${[one.device && deviceName(one.device), one.address].filter(Boolean).join(", ")}</span></span>
        <${Tag} tone=${one.ok ? "in" : "wrong"}>${one.ok ? "Signed in" : "Refused"}<//>
      </li>`)}</ul>`}
    </section>
  `;
}
