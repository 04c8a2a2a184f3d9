import { render } from "preact";
import { html } from "htm/preact";
import { LiveContext } from "./components/live_context.js";
import { Shell } from "./components/shell.js";
import { startLive } from "./live/live.js";
import { ShopPage } from "./pages/shop/shop_page.js";

const root = /** @type {HTMLElement} */ (document.getElementById("app"));
root.replaceChildren();
render(
  html`<${LiveContext.Provider} value=${startLive()}>
    <${Shell}><${ShopPage} /><//>
  <//>`,
  root,
);
