const RELOADED = "ivorycart.reloaded";
const RELOADS_MS = 10_000;

/**
 * Load the page anew, but not again and again: for a script that could not be fetched. Some browsers remember that a
 * module failed, and the shop may have been given a new form meanwhile.
 */
export function reloadOnce() {
  const last = Number(sessionStorage.getItem(RELOADED));
  if (Date.now() - last < RELOADS_MS) return;
  sessionStorage.setItem(RELOADED, String(Date.now()));
  location.reload();
}
