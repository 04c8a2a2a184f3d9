import { signal } from "@preact/signals";

const TOKEN = "#token=";

/**
 * Where this window is. Links to our own pages are followed without loading anew, so that the connection and the access
 * token stay. Links in mails carry a token behind the `#`, which reaches no server; it is taken out of the address bar
 * (and so out of the history) before anything else happens.
 *
 * `product` is the one that a mailed link to the shop is about.
 *
 * @param {readonly string[]} paths of the pages that there are
 */
export function createPlace(paths) {
  const path = signal(location.pathname);
  const token = signal(takeToken());
  const product = new URLSearchParams(location.search).get("product") ?? "";

  const arrive = () => { path.value = location.pathname; };
  addEventListener("popstate", arrive);
  addEventListener("hashchange", () => {
    const taken = takeToken();
    if (taken) token.value = taken;
  });

  /**
   * @param {string} to one of the paths
   * @param {{replacing?: boolean}} [how] `replacing`: the way back does not lead here again
   */
  function go(to, { replacing = false } = {}) {
    if (replacing) history.replaceState(null, "", to);
    else if (to !== location.pathname) history.pushState(null, "", to);
    token.value = "";
    arrive();
    scrollTo(0, 0);
  }

  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    const elsewhere = event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
    if (!link || elsewhere || link.target || link.origin !== location.origin || link.hash) return;
    if (!paths.includes(link.pathname)) return;
    event.preventDefault();
    go(link.pathname);
  });

  return { path, token, product, go };
}

/** Take the token of a mailed link out of the address bar; empty without one. */
function takeToken() {
  if (!location.hash.startsWith(TOKEN)) return "";
  const token = location.hash.slice(TOKEN.length);
  history.replaceState(null, "", location.pathname);
  return token;
}

/** @typedef {ReturnType<typeof createPlace>} Place */
