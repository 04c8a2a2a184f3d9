import { html } from "htm/preact";
import { Frame, useOnwardWhenSignedIn } from "./frame.js";
import { LoginForm } from "./login_form.js";

/** Signing in. */
export function LoginPage() {
  useOnwardWhenSignedIn();
  return html`<${Frame} title="Sign in"><${LoginForm} /><//>`;
}
