import { html } from "htm/preact";
import { useState } from "preact/hooks";
import { Icon } from "../icon.js";
import { useLive } from "../live_context.js";
import { explain } from "../../live/refusals.js";

/** "Warn me by email": an address for a cart whose owner is not signed in. */
export function WarnMe() {
  const { connection, cart } = useLive();
  const [problem, setProblem] = useState("");
  const kept = cart.current.value?.email;

  /** @param {string | null} email null: no more */
  const tell = async (email) => {
    const ack = await connection.ask("cart:email", { email });
    if (ack.ok) cart.adopt(ack.cart);
    setProblem(ack.ok ? "" : complaint(ack.error));
  };
  /** @param {SubmitEvent} event */
  const submit = (event) => {
    event.preventDefault();
    const field = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget)).get("email");
    void tell(String(field).trim());
  };

  if (kept) {
    return html`<p class="warn-done" role="status">
      <${Icon} name="check" /><span>We’ll write to ${kept} when something here runs low.</span>
      <button type="button" class="button button-text" onClick=${() => tell(null)}>Stop</button>
    </p>`;
  }
  return html`<details class="warn">
    <summary><${Icon} name="mail" />Email me when something runs low<${Icon} name="chevron" /></summary>
    <form class="warn-form" onSubmit=${submit}>
      <label class="unseen" for="warn-email">Email address</label>
      <input id="warn-email" name="email" type="email" required autocomplete="email" placeholder="you@example.com"
        aria-describedby=${problem ? "warn-problem" : null} aria-invalid=${problem ? "true" : null} />
      <button type="submit" class="button button-quiet">Warn me</button>
      ${problem && html`<p id="warn-problem" class="order-problem" role="alert">${problem}</p>`}
    </form>
  </details>`;
}

/** @param {import("../../live/types.js").WireError} error */
function complaint(error) {
  return error.code === "validation" ? "This does not look like an email address." : explain(error);
}
