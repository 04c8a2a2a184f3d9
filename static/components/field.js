import { html } from "htm/preact";
import { useState } from "preact/hooks";

/**
 * A labelled field with what is wrong with it, and a hint before anything is.
 *
 * @param {{label: string, name: string, type?: "text" | "email" | "password", autocomplete: string, problem?: string,
 *   hint?: string, least?: number, most?: number, value?: string}} props `least` and `most` characters
 */
export function Field({ label, name, type = "text", autocomplete, problem, hint, least, most = 254, value }) {
  const [shown, setShown] = useState(false);
  const id = `field-${name}`;
  const note = problem ?? hint;
  return html`<div class="field">
    <label for=${id}>${label}</label>
    <div class="field-box">
      <input
        id=${id}
        name=${name}
        type=${shown ? "text" : type}
        autocomplete=${autocomplete}
        autocapitalize=${type === "text" ? null : "none"}
        spellcheck=${type === "text" ? null : "false"}
        required
        minlength=${least}
        maxlength=${most}
        defaultValue=${value}
        aria-invalid=${problem ? "true" : null}
        aria-describedby=${note ? `${id}-note` : null}
      />
      ${type === "password" && html`<button
        type="button"
        class="button button-text field-show"
        aria-pressed=${shown}
        aria-label="Show the password"
        onClick=${() => setShown(!shown)}
      >${shown ? "Hide" : "Show"}</button>`}
    </div>
    ${note && html`<p id=${`${id}-note`} class=${problem ? "field-problem" : "field-hint"}>${note}</p>`}
  </div>`;
}

/** What is wrong with the whole form. @param {{problem: string}} props */
export function FormProblem({ problem }) {
  return problem ? html`<p class="form-problem" role="alert" tabindex="-1">${problem}</p>` : null;
}

/**
 * The button that sends the form.
 *
 * @param {{busy: boolean, working: string, quiet?: boolean, children?: import("preact").ComponentChildren}} props `quiet`:
 *   not what this page is for
 */
export function Submit({ busy, working, quiet = false, children }) {
  return html`<button type="submit" class=${quiet ? "button button-quiet" : "button button-main"} aria-disabled=${busy}>${busy ? working : children}</button>`;
}
