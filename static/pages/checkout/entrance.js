import { html } from "htm/preact";
import { LoginForm } from "../../components/login_form.js";

/** Signing in within the step: the cart comes along. */
export function Entrance() {
  return html`<section class="panel entrance" aria-labelledby="entrance">
    <h2 id="entrance" class="panel-title">Sign in to order</h2>
    <p class="soft">Your cart comes with you, and stays held.</p>
    <${LoginForm} />
  </section>`;
}
