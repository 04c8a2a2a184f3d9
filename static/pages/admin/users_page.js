import { html } from "htm/preact";
import { usePages } from "../../components/answer.js";
import { Answered, Empty, More } from "../../components/states.js";
import { Table } from "../../components/table.js";
import { Choice, FilterBar, useFilters, Words } from "./filters.js";
import { ROLES, roleName, STATES, StateTag } from "./people.js";
import { Desk } from "./ways.js";
import { moment } from "./words.js";

/** @typedef {import("./people.js").AdminUser} AdminUser */

const COLUMNS = [
  { title: "Name", head: true, words: true, cell: (/** @type {AdminUser} */ user) => html`<a class="row-link" href=${`/admin/users/${user.id}`}>${user.name || "No name"}</a>` },
  { title: "Email", words: true, cell: (/** @type {AdminUser} */ user) => html`<span class="breakable">${user.email}</span>` },
  { title: "Role", cell: (/** @type {AdminUser} */ user) => roleName(user.role) },
  { title: "State", cell: (/** @type {AdminUser} */ user) => html`<${StateTag} state=${user.state} />` },
  { title: "Since", cell: (/** @type {AdminUser} */ user) => html`<span class="figures">${moment(user.created_at)}</span>` },
];

/** Administration: accounts. */
export function UsersPage() {
  return html`<${Desk} title="Users">${() => html`<${Users} />`}<//>`;
}

function Users() {
  const filters = useFilters("/api/admin/users", ["q", "role", "state"]);
  const pages = usePages(filters.path);
  return html`
    <${FilterBar} filters=${filters}>
      <${Words} filters=${filters} name="q" label="Search" hint="Beginning of a name or address" />
      <${Choice} filters=${filters} name="role" label="Role" choices=${ROLES} all="Any role" />
      <${Choice} filters=${filters} name="state" label="State" choices=${STATES} all="Any state" />
    <//>
    <${Answered} answer=${pages} rows=${8}>${() => (pages.items.length === 0
      ? html`<${Empty} title="Nobody found">Names and addresses are found by how they begin.<//>`
      : html`<${Table} caption="Users" columns=${COLUMNS} rows=${pages.items} rowKey=${(/** @type {AdminUser} */ user) => user.id} /><${More} pages=${pages} what="more people" />`)}<//>
  `;
}
