import { html } from "htm/preact";
import { useLive } from "./live_context.js";
import { roomsOf } from "./rooms.js";
import { ThemeChoice } from "./theme_choice.js";
import { wayIn } from "../live/onward.js";

/** The foot of every page: the ways once more, and light or dark. */
export function Foot() {
  const { place, session } = useLive();
  const user = session.user.value;
  /** @type {[string, string][]} */
  const ways = user ? [["/orders", "Your orders"], ["/account", "Your account"], ...roomsOf(user.role)] : [[wayIn("/login", place), "Sign in"], [wayIn("/register", place), "Create an account"]];
  return html`<footer class="foot">
    <div class="foot-inner">
      <nav class="foot-ways" aria-label="Foot">
        ${[["/", "Home"], ["/listing", "Shop"], ["/order/cart", "Cart"], ...ways].map(([path, words]) => html`<a key=${path} href=${path}>${words}</a>`)}
        <a href="/api/docs">API</a>
      </nav>
      <${ThemeChoice} />
    </div>
  </footer>`;
}
