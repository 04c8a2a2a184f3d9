import { html } from "htm/preact";
import { ROLES, initialsOf } from "../../components/person.js";
import { Tag } from "../../components/status.js";

const since = new Intl.DateTimeFormat(undefined, { month: "long", year: "numeric" });

/** A name and a face for it, what the account may do, and since when there is one. @param {{profile: import("./profile_page.js").Profile}} props */
export function WhoIAm({ profile }) {
  const { name, email, role, created_at: created } = profile;
  return html`<section class="who" aria-label="Who you are here">
    <span class="avatar" data-initials=${initialsOf(name)}></span>
    <div class="who-words">
      <p class="who-name">${name} <${Tag} tone="held">${ROLES[role] ?? role}<//></p>
      <p class="soft">${email}</p>
      ${created && html`<p class="soft small">With us since <time datetime=${created}>${since.format(new Date(created))}</time></p>`}
    </div>
  </section>`;
}
