import { render } from "preact";
import { html } from "htm/preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { LiveContext, useLive } from "./components/live_context.js";
import { Shell } from "./components/shell.js";
import { named } from "./components/title.js";
import { keepFiles } from "./live/keeping.js";
import { startLive } from "./live/live.js";
import { LostPage } from "./pages/lost_page.js";
import { NotFoundPage } from "./pages/not_found_page.js";
import { knows, placeOf } from "./pages/places.js";
import { fetchRoom, useRoom, wearOnly } from "./pages/rooms.js";

const SETTLES_MS = 4_000;
const ROOM_PATIENCE_MS = 300;
/** Where there is no page. @type {import("./pages/places.js").Found} */
const NOWHERE = { title: "Not found · IvoryCart", room: "", page: "", params: {}, skips: [["#main", "Skip to the content"]] };

/** The page of the place where this window is, in the shell. */
function App() {
  const { place } = useLive();
  const path = place.path.value;
  const { title, room: name, page, params, skips } = placeOf(path) ?? NOWHERE;
  const room = useRoom(name);
  const first = useRef(true);

  useLayoutEffect(() => {
    if (room) wearOnly(name); // before it is painted
  }, [name, room]);
  const own = named.value;
  useEffect(() => {
    document.title = own ? `${own} · IvoryCart` : title;
  }, [own, title]);
  useEffect(() => {
    if (name && !room) return;
    // A page that came without loading is announced by its heading, as one that was loaded is by its title.
    // The way back leads to the link by which it was left.
    if (!first.current && !focusLink(place.left)) focusHeading();
    first.current = false;
  }, [path, title, name, room, place]);
  useEffect(() => (room ? returnTo(place.back.peek()) : undefined), [path, room, place]);
  return html`<${Shell} skips=${skips}>${content()}<//>`;

  function content() {
    if (!name) return html`<${NotFoundPage} key=${path} />`;
    if (room === null) return html`<main id="main" class="page" aria-busy="true" tabindex="-1"><span class="unseen" role="status">Loading</span></main>`;
    if (room === "failed") return html`<${LostPage} room=${name} />`;
    const Page = room[page];
    if (!Page) throw new Error(`the room ${name} has no ${page}`);
    return html`<${Page} key=${path} ...${params} />`;
  }
}

/** @param {string} to where a link on this page leads @returns {boolean} whether there is one */
function focusLink(to) {
  const link = to ? document.querySelector(`main a[href="${CSS.escape(to)}"]:not([tabindex="-1"])`) : null;
  if (!(link instanceof HTMLElement)) return false;
  link.focus({ preventScroll: true });
  return true;
}

function focusHeading() {
  const heading = document.querySelector("main h1");
  if (!(heading instanceof HTMLElement)) return;
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
}

/**
 * Go down the page as far as it was when it was left, as soon as it is long enough again, and stay there while what is
 * above still comes; whoever scrolls meanwhile is left alone.
 *
 * @param {number | null} y pixels
 */
function returnTo(y) {
  if (!y) return undefined;
  const settle = () => {
    if (document.documentElement.scrollHeight - innerHeight >= y && scrollY !== y) scrollTo(0, y);
  };
  const grown = new ResizeObserver(settle);
  const timer = setTimeout(() => stop(), SETTLES_MS);
  const acts = ["wheel", "touchstart", "keydown", "pointerdown"];
  function stop() {
    grown.disconnect();
    clearTimeout(timer);
    for (const act of acts) removeEventListener(act, stop);
  }
  for (const act of acts) addEventListener(act, stop, { passive: true });
  grown.observe(document.body);
  settle();
  return stop;
}

const root = /** @type {HTMLElement} */ (document.getElementById("app"));
const live = startLive(knows);
// The first screen is drawn in one go where its room comes along with the page; else the shell goes first.
const patience = new Promise((done) => { setTimeout(done, ROOM_PATIENCE_MS); });
void Promise.race([fetchRoom(placeOf(live.place.path.peek())?.room ?? ""), patience]).then(() => {
  root.replaceChildren();
  render(html`<${LiveContext.Provider} value=${live}><${App} /><//>`, root);
});
void keepFiles(live.connection.live());
