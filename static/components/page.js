import { html } from "htm/preact";
import { useEffect, useRef } from "preact/hooks";
import { Frame } from "./frame.js";
import { useLive } from "./live_context.js";
import { LoginForm } from "./login_form.js";
import { Toasts } from "./toasts.js";

/** @typedef {import("preact").ComponentChildren} Children */

/**
 * A page of a room: its heading, what can be done with the whole of it, the room's own ways, and the content.
 *
 * @param {{title: string, lead?: Children, actions?: Children, nav?: Children, narrow?: boolean, children?: Children}} props
 *   `narrow`: as wide as text is read well
 */
export function Page({ title, lead, actions, nav, narrow = false, children }) {
  return html`
    <main id="main" class=${narrow ? "page page-narrow" : "page"} tabindex="-1">
      ${nav}
      <header class="page-head">
        <div class="page-words"><h1 class="page-title">${title}</h1>${lead && html`<p class="page-lead">${lead}</p>`}</div>
        ${actions && html`<div class="page-actions">${actions}</div>`}
      </header>
      ${children}
    </main>
    <${Toasts} />
  `;
}

/**
 * The ways within a room.
 *
 * @param {{label: string, ways: [string, string][], query?: string}} props each a path and what it is called; `query` goes
 *   along to each
 */
export function Ways({ label, ways, query = "" }) {
  const { place } = useLive();
  const here = ways.map(([path]) => path).filter((path) => place.path.value === path || place.path.value.startsWith(`${path}/`)).sort((one, other) => other.length - one.length)[0];
  const nav = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => {
    const current = nav.current?.querySelector("[aria-current]");
    if (nav.current && current instanceof HTMLElement) nav.current.scrollLeft = current.offsetLeft - (nav.current.clientWidth - current.offsetWidth) / 2;
  }, [here]);
  return html`<nav class="ways" aria-label=${label} ref=${nav}>
    ${ways.map(([path, words]) => html`<a class="way" key=${path} href=${path + query} aria-current=${path === here ? "page" : null}>${words}</a>`)}
  </nav>`;
}

/**
 * Pages for some only: the way in for nobody, a word for those whom the page is not for, else the page, made anew for
 * each who signs in. While it is still to be seen who this is, nothing.
 *
 * @param {{roles?: string[], title: string, children: () => Children}} props `title` of the page, said above the way in
 */
export function Members({ roles, title, children }) {
  const { session, renewal } = useLive();
  const user = session.user.value;
  if (!user) {
    if (renewal.recalling.value) return html`<main id="main" class="page" aria-busy="true" tabindex="-1"><h1 class="page-title">${title}</h1></main>`;
    return html`<${Frame} title=${`Sign in: ${title.toLowerCase()}`}><${LoginForm} /><//>`;
  }
  if (roles && !roles.includes(user.role)) {
    return html`<${Frame} title="This page is not for you">
      <p>You are signed in as ${user.name}. ${title} can be seen by ${roles.join(" and ")} accounts only.</p>
      <a class="button button-main" href="/">To the shop</a>
    <//>`;
  }
  return html`<${Only} key=${user.id}>${children}<//>`;
}

/** @param {{children: () => Children}} props */
function Only({ children }) {
  return children();
}
