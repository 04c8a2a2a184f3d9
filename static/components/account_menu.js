import { html } from "htm/preact";
import { useLive } from "./live_context.js";

/** Who is signed in, and the way out; nothing while nobody is. */
export function AccountMenu() {
  const { session, account } = useLive();
  const user = session.user.value;
  if (!user) return null;
  return html`<div class="account">
    <span class="account-name">${user.name}</span>
    <button type="button" class="button button-text" onClick=${() => account.signOut()}>Sign out</button>
  </div>`;
}
