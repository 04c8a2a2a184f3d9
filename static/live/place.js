import { batch, signal } from "@preact/signals";
import { onwardOf } from "./onward.js";

const TOKEN = "#token=";

/**
 * Where this window is. Links to our own pages are followed without loading anew, so that the connection and the access
 * token stay. Links in mails carry a token behind the `#`, which reaches no server; it is taken out of the address bar
 * (and so out of the history) before anything else happens.
 *
 * `path` and `query` are signals. `back` is how far down a page was that the way back leads to (pixels), else null;
 * `left` is where somebody went from there, else "".
 *
 * @param {(path: string) => boolean} known whether a path is one of our pages
 */
export function createPlace(known) {
  const path = signal(location.pathname);
  const query = signal(new URLSearchParams(location.search));
  const token = signal(takeToken());
  const back = signal(/** @type {number | null} */ (null));
  let left = "";
  history.scrollRestoration = "manual";

  const arrive = () => batch(() => {
    if (location.search !== searchOf(query.peek())) query.value = new URLSearchParams(location.search);
    path.value = location.pathname;
  });
  addEventListener("popstate", (event) => batch(() => {
    back.value = event.state?.y ?? 0;
    left = event.state?.left ?? "";
    arrive();
  }));
  addEventListener("hashchange", () => {
    const taken = takeToken();
    if (taken) token.value = taken;
  });
  // Where a page was left is noted in its own entry of the history: a reload and the way back find it there.
  const note = () => history.replaceState({ ...history.state, y: scrollY }, "");
  addEventListener("scrollend", note);
  addEventListener("pagehide", note);
  if (history.state?.y) back.value = history.state.y;

  /**
   * @param {string} to a path of ours, a query behind it or not
   * @param {{replacing?: boolean}} [how] `replacing`: the way back does not lead here again
   */
  function go(to, { replacing = false } = {}) {
    const here = location.pathname + location.search;
    if (replacing) history.replaceState(null, "", to);
    else if (to !== here) {
      note();
      history.replaceState({ ...history.state, left: to }, "");
      history.pushState(null, "", to);
    }
    left = "";
    batch(() => {
      token.value = "";
      back.value = null;
      arrive();
    });
    scrollTo(0, 0);
  }

  /**
   * Change what the address says behind the `?`, and stay: null takes a name out.
   *
   * @param {Record<string, string | null>} changes
   * @param {{replacing?: boolean}} [how] `replacing`: no step of its own on the way back
   */
  function ask(changes, { replacing = true } = {}) {
    const next = new URLSearchParams(query.peek());
    for (const [name, value] of Object.entries(changes)) {
      if (value === null || value === "") next.delete(name);
      else next.set(name, value);
    }
    const to = location.pathname + searchOf(next);
    if (to === location.pathname + location.search) return;
    if (replacing) history.replaceState(history.state, "", to);
    else history.pushState(null, "", to);
    query.value = next;
  }

  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    const elsewhere = event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
    if (!link || elsewhere || link.target || link.origin !== location.origin || link.hash || link.hasAttribute("download")) return;
    if (!known(link.pathname)) return;
    event.preventDefault();
    go(link.pathname + link.search);
  });

  return {
    path,
    query,
    token,
    back,
    get left() {
      return left;
    },
    go,
    ask,

    /** Where somebody wanted to go who came here to sign in. */
    onward: () => onwardOf(query.peek(), known),
  };
}

/** @param {URLSearchParams} query */
function searchOf(query) {
  const text = query.toString();
  return text && `?${text}`;
}

/** Take the token of a mailed link out of the address bar; empty without one. */
function takeToken() {
  if (!location.hash.startsWith(TOKEN)) return "";
  const token = location.hash.slice(TOKEN.length);
  history.replaceState(null, "", location.pathname);
  return token;
}

/** @typedef {ReturnType<typeof createPlace>} Place */
