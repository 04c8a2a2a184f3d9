import { html } from "htm/preact";
import { Confirmed } from "../../../components/dialog.js";
import { FormProblem, Select, Submit } from "../../../components/field.js";
import { useForm } from "../../../components/form.js";
import { useLive } from "../../../components/live_context.js";
import { useAct } from "../../../components/acting.js";
import { explainAct } from "../../../live/refused_acts.js";
import { roleName, ROLES } from "../people.js";
import { Reasoned } from "../reasoned.js";

/** @typedef {import("../people.js").AdminUser} AdminUser */
/** @typedef {{user: AdminUser, onChanged: (user: AdminUser) => void}} Props */

/** What can be done to an account; not to one's own, nor to one that is gone. @param {Props} props */
export function UserActs({ user, onChanged }) {
  const { session } = useLive();
  const own = session.user.value?.id === user.id;
  return html`<section class="panel" aria-labelledby="acts-title">
    <h2 class="panel-title" id="acts-title">What can be done</h2>
    ${own && html`<p class="soft">This is your own account. Its role and its end are for another admin to decide.</p>`}
    ${user.state === "deleted" && html`<p class="soft">This account is deleted. Its orders stay, without a name.</p>`}
    ${!own && user.state !== "deleted" && html`<${Role} key=${user.role} user=${user} onChanged=${onChanged} /><${Access} user=${user} onChanged=${onChanged} />`}
  </section>`;
}

/** @param {Props} props */
function Role({ user, onChanged }) {
  const { mine, notices } = useLive();
  const { form, busy, problem, fields, onSubmit } = useForm(async ({ role }) => {
    onChanged(await mine.put(`/api/admin/users/${user.id}/role`, { role }));
    notices.tell({ tone: "done", title: `${user.name} is now: ${roleName(role ?? "").toLowerCase()}`, text: "It counts at once, in open windows, too." });
  }, explainAct);
  return html`<form class="form" ref=${form} onSubmit=${onSubmit} noValidate>
    <${FormProblem} problem=${problem} />
    <div class="bar">
      <${Select} label="Role" name="role" choices=${ROLES} value=${user.role} problem=${fields.role} />
      <${Submit} busy=${busy} working="Changing…" quiet>Change the role<//>
    </div>
  </form>`;
}

/** Letting in and keeping out. @param {Props} props */
function Access({ user, onChanged }) {
  const { mine } = useLive();
  const { busy, run } = useAct();
  const path = `/api/admin/users/${user.id}`;
  const enable = () => run(async () => onChanged(await mine.put(`${path}/enable`)), `${user.name} may sign in again.`);
  const remove = async () => { await run(async () => onChanged(await mine.delete(path)), "The account is deleted."); };
  return html`<div class="acts">
    ${user.state === "disabled"
      ? html`<button type="button" class="button button-quiet" aria-disabled=${busy} onClick=${enable}>Enable the account</button>`
      : html`<${Reasoned} label="Disable…" question=${`Keep ${user.name} out?`} yes="Disable" done="The account is disabled."
          words="They are signed out everywhere at once, and cannot sign in until somebody enables the account again." hint="It stands in the record of what was done."
          act=${async (/** @type {string} */ reason) => onChanged(await mine.put(`${path}/disable`, { reason }))} />`}
    <${Confirmed} label="Delete for good…" question=${`Delete ${user.name} for good?`} yes="Delete for good" act=${remove}
      words="The name is gone at once, and some moments later all else that names them: addresses, sign-ins, mails. Orders and the ledger stay, without a name; what they sell is withdrawn. This cannot be taken back." />
  </div>`;
}
