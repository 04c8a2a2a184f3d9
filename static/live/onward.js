/** Pages that lead in, and to which nobody wants to be led who has come in. */
const DOORS = ["/login", "/register", "/activate", "/forgot-password", "/reset-password", "/confirm-email"];

/**
 * Where somebody wanted to go who has signed in: a page of ours, said behind `?then=`, else the home page. The address
 * bar can say anything, so anything that may lead out of this shop is passed over.
 *
 * @param {URLSearchParams} query
 * @param {(path: string) => boolean} known
 */
export function onwardOf(query, known) {
  const then = query.get("then") ?? "";
  if (!/^\/(?![/\\])/.test(then) || !URL.canParse(then, location.origin)) return "/";
  const url = new URL(then, location.origin);
  if (url.origin !== location.origin || !known(url.pathname) || DOORS.includes(url.pathname)) return "/";
  return url.pathname + url.search;
}

/**
 * The way to a door from where one is, with the way back here behind it.
 *
 * @param {string} door "/login" or "/register"
 * @param {import("./place.js").Place} place
 */
export function wayIn(door, { path, query }) {
  const here = path.value;
  const then = DOORS.includes(here) ? query.value.get("then") : here === "/" ? null : here + searchOf(query.value);
  return then ? `${door}?then=${encodeURIComponent(then)}` : door;
}

/** @param {URLSearchParams} query */
function searchOf(query) {
  const text = query.toString();
  return text && `?${text}`;
}
