import { html } from "htm/preact";
import { useAnswer } from "../../components/answer.js";
import { Answered } from "../../components/states.js";
import { roleName, StateTag } from "./people.js";
import { SignIns } from "./user/sign_ins.js";
import { UserActs } from "./user/acts.js";
import { Desk } from "./ways.js";
import { moment } from "./words.js";

/** @typedef {import("./user/shapes.js").Detail} Detail */

/** Administration: one account. @param {{id: string}} props */
export function UserPage({ id }) {
  return html`<${Desk} title="User" lead=${html`<a href="/admin/users">All users</a>`}>${() => html`<${User} id=${id} />`}<//>`;
}

/** @param {{id: string}} props */
function User({ id }) {
  const answer = useAnswer(`/api/admin/users/${id}`);
  return html`<${Answered} answer=${answer}>${(/** @type {Detail} */ user) => html`
    <div class="user">
      <section class="panel" aria-labelledby="user-name">
        <header class="part-head"><h2 class="panel-title user-name" id="user-name">${user.name || "No name"}</h2><${StateTag} state=${user.state} /></header>
        <dl class="facts">
          ${fact("Email", html`<span class="breakable">${user.email}</span>`)}
          ${fact("Role", roleName(user.role))}
          ${fact("Registered", moment(user.created_at))}
          ${fact("Activated", user.activated_at ? moment(user.activated_at) : "Not yet")}
          ${user.disabled_at && fact("Disabled", moment(user.disabled_at))}
          ${user.deleted_at && fact("Deleted", moment(user.deleted_at))}
          ${fact("Id", html`<span class="figures breakable">${user.id}</span>`)}
        </dl>
        <p class="user-ways">
          <a href=${`/admin/events?user_id=${user.id}`}>What was done</a>
          ${user.state !== "deleted" && html`<a href=${`/admin/mails?to=${encodeURIComponent(user.email)}`}>Mails</a>`}
          ${user.role === "seller" && html`<a href=${`/admin/products?seller_id=${user.id}`}>Products</a>`}
          ${user.role === "seller" && html`<a href=${`/seller?seller=${user.id}`}>Sales</a>`}
          ${user.state !== "deleted" && html`<a href=${`/admin/orders?q=${encodeURIComponent(user.email)}`}>Orders</a>`}
        </p>
      </section>
      <${UserActs} user=${user} onChanged=${(/** @type {import("./people.js").AdminUser} */ changed) => {
        answer.set((/** @type {Detail | null} */ known) => known && { ...known, ...changed });
        void answer.reload(); // its sessions may have ended by it
      }} />
      <${SignIns} user=${user} />
    </div>`}<//>`;
}

/** @param {string} name @param {import("preact").ComponentChildren} value */
function fact(name, value) {
  return html`<div class="fact" key=${name}><dt class="soft">${name}</dt><dd>${value}</dd></div>`;
}
