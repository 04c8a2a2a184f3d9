import { html } from "htm/preact";
import { useLive } from "./live_context.js";

/** Who is signed in, and the way out; nothing while nobody is. */
export function AccountMenu() {
  const { session, account, ordering } = useLive();
  const user = session.user.value;
  if (!user) return null;
  const leave = () => {
    if (ordering.phase.peek() === "done") ordering.close(); // the confirmation names what this account bought
    account.signOut();
  };
  return html`<div class="account">
    <span class="account-name">${user.name}</span>
    <button type="button" class="button button-text" onClick=${leave}>Sign out</button>
  </div>`;
}
