import { render } from "preact";
import { html } from "htm/preact";
import { useEffect, useRef } from "preact/hooks";
import { LiveContext, useLive } from "./components/live_context.js";
import { Shell } from "./components/shell.js";
import { startLive } from "./live/live.js";
import { PLACES, placeOf } from "./pages/places.js";

/** The page of the place where this window is, in the shell. */
function App() {
  const path = useLive().place.path.value;
  const { title, page: Page, skips } = placeOf(path);
  const first = useRef(true);

  useEffect(() => {
    document.title = title;
    // A page that came without loading is announced by its heading, as one that was loaded is by its title.
    if (!first.current) focusHeading();
    first.current = false;
  }, [path, title]);
  return html`<${Shell} skips=${skips}><${Page} key=${path} /><//>`;
}

function focusHeading() {
  const heading = document.querySelector("main h1");
  if (!(heading instanceof HTMLElement)) return;
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
}

const root = /** @type {HTMLElement} */ (document.getElementById("app"));
root.replaceChildren();
render(html`<${LiveContext.Provider} value=${startLive(Object.keys(PLACES))}><${App} /><//>`, root);
