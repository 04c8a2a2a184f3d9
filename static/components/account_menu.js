import { html } from "htm/preact";
import { useRef } from "preact/hooks";
import { Icon } from "./icon.js";
import { useLive } from "./live_context.js";

/** The way in, or who is signed in and the ways out; nothing while that is still to be seen. */
export function AccountMenu() {
  const { session, renewal } = useLive();
  if (session.user.value) return html`<${Menu} user=${session.user.value} />`;
  if (renewal.recalling.value) return null;
  return html`<a class="button button-text sign-in" href="/login">Sign in</a>`;
}

/** @param {{user: import("../live/types.js").User}} props */
function Menu({ user }) {
  const { account, ordering } = useLive();
  const menu = useRef(/** @type {HTMLElement | null} */ (null));
  const close = () => menu.current?.hidePopover();
  /** @param {boolean} everywhere */
  const leave = (everywhere) => {
    close();
    if (ordering.phase.peek() === "done") ordering.close(); // the confirmation names what this account bought
    void account.signOut({ everywhere });
  };
  return html`<div class="account">
    <button type="button" class="account-button" popovertarget="account-menu" aria-label=${`Account: ${user.name}`}>
      <${Icon} name="person" /><span class="account-name">${user.name}</span><${Icon} name="chevron" />
    </button>
    <div id="account-menu" class="account-menu" popover ref=${menu}>
      <p class="account-who"><strong>${user.name}</strong><span>${user.email}</span></p>
      <a class="account-item" href="/account/sessions" onClick=${close}>Your devices</a>
      <a class="account-item" href="/account/notifications" onClick=${close}>What we tell you</a>
      <button type="button" class="account-item" onClick=${() => leave(false)}>Sign out</button>
      <button type="button" class="account-item" onClick=${() => leave(true)}>Sign out everywhere</button>
    </div>
  </div>`;
}
