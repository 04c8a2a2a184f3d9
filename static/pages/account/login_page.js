import { html } from "htm/preact";
import { useOnwardWhenSignedIn } from "../../components/frame.js";
import { LoginForm } from "../../components/login_form.js";
import { DemoWays } from "./demo_ways.js";
import { Door } from "./door.js";

/** Signing in. */
export function LoginPage() {
  useOnwardWhenSignedIn();
  return html`<${Door} title="Sign in"><${LoginForm} /><${DemoWays} /><//>`;
}
