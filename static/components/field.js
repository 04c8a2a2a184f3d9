import { html } from "htm/preact";
import { useState } from "preact/hooks";

/** @typedef {import("preact").ComponentChildren} Children */

/**
 * A labelled field with what is wrong with it, and a hint before anything is.
 *
 * @param {{label: string, name: string, type?: "text" | "email" | "password" | "tel" | "number" | "search" | "datetime-local",
 *   autocomplete?: string, problem?: string, hint?: string, least?: number, most?: number, value?: string | number | null,
 *   optional?: boolean | "unsaid", min?: number, max?: number, step?: number | "any", inputmode?: string, id?: string, list?: string}} props
 *   `least` and `most` characters; `min`, `max` and `step` of a number; `optional` "unsaid": the server says whether it
 *   is needed; `id` where two forms of a page have a field of the same name; `list`: the id of a datalist with suggestions
 */
export function Field({ label, name, id = `field-${name}`, type = "text", autocomplete = "off", problem, hint, least, most = 254, value, optional = false, min, max, step, inputmode, list }) {
  const [shown, setShown] = useState(false);
  const words = type === "text" || type === "search";
  return html`<${Labelled} id=${id} label=${label} problem=${problem} hint=${hint} optional=${optional === true}>
    <div class="field-box">
      <input
        id=${id}
        name=${name}
        type=${shown ? "text" : type}
        autocomplete=${autocomplete}
        autocapitalize=${words ? null : "none"}
        spellcheck=${words ? null : "false"}
        required=${!optional}
        minlength=${least}
        maxlength=${type === "number" || type === "datetime-local" ? null : most}
        min=${min}
        max=${max}
        step=${step}
        inputmode=${inputmode}
        list=${list}
        defaultValue=${value}
        aria-invalid=${problem ? "true" : null}
        aria-describedby=${problem || hint ? `${id}-note` : null}
      />
      ${type === "password" && html`<button
        type="button"
        class="button button-text field-show"
        aria-pressed=${shown}
        aria-label="Show the password"
        onClick=${() => setShown(!shown)}
      >${shown ? "Hide" : "Show"}</button>`}
    </div>
  <//>`;
}

/**
 * A field of several lines.
 *
 * @param {{label: string, name: string, problem?: string, hint?: string, most?: number, rows?: number, value?: string | null,
 *   optional?: boolean}} props
 */
export function TextArea({ label, name, problem, hint, most, rows = 4, value, optional = false }) {
  const id = `field-${name}`;
  return html`<${Labelled} id=${id} label=${label} problem=${problem} hint=${hint} optional=${optional}>
    <textarea id=${id} name=${name} rows=${rows} maxlength=${most} required=${!optional} defaultValue=${value ?? ""}
      aria-invalid=${problem ? "true" : null} aria-describedby=${problem || hint ? `${id}-note` : null}></textarea>
  <//>`;
}

/**
 * One of several; with `onChoose` it acts at once, else with its form.
 *
 * @param {{label: string, name: string, choices: [string, string][], value?: string | null, problem?: string, hint?: string,
 *   optional?: boolean, quiet?: boolean, autocomplete?: string, onChoose?: (value: string) => void}} props `choices`: each a value and what it is
 *   called; `quiet`: the label is for screen readers only
 */
export function Select({ label, name, choices, value, problem, hint, optional = false, quiet = false, autocomplete, onChoose }) {
  const id = `field-${name}`;
  const choose = onChoose && ((/** @type {Event} */ event) => onChoose(/** @type {HTMLSelectElement} */ (event.currentTarget).value));
  const own = onChoose ? { value: value ?? "" } : {};
  return html`<${Labelled} id=${id} label=${label} problem=${problem} hint=${hint} optional=${optional} quiet=${quiet}>
    <select id=${id} name=${name} autocomplete=${autocomplete} required=${!optional} onChange=${choose} ...${own}
      aria-invalid=${problem ? "true" : null} aria-describedby=${problem || hint ? `${id}-note` : null}>
      ${choices.map(([one, words]) => html`<option key=${one} value=${one} selected=${onChoose ? undefined : one === (value ?? "")}>${words}</option>`)}
    </select>
  <//>`;
}

/**
 * A box to tick; in a form its value is "on" or nothing.
 *
 * @param {{label: string, name: string, on?: boolean, onTurn?: (on: boolean) => void}} props
 */
export function Check({ label, name, on = false, onTurn }) {
  const turn = onTurn && ((/** @type {Event} */ event) => onTurn(/** @type {HTMLInputElement} */ (event.currentTarget).checked));
  const own = onTurn ? { checked: on } : { defaultChecked: on };
  return html`<label class="choice"><input type="checkbox" name=${name} ...${own} onChange=${turn} />${label}</label>`;
}

/**
 * @param {{id: string, label: string, problem?: string, hint?: string, optional?: boolean, quiet?: boolean, children?: Children}} props
 */
function Labelled({ id, label, problem, hint, optional = false, quiet = false, children }) {
  const note = problem ?? hint;
  return html`<div class="field">
    <label for=${id} class=${quiet ? "unseen" : null}>${label}${optional && !quiet && html` <span class="field-optional">optional</span>`}</label>
    ${children}
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
 * @param {{busy: boolean, working: string, quiet?: boolean, children?: Children}} props `quiet`: not what this page is for
 */
export function Submit({ busy, working, quiet = false, children }) {
  return html`<button type="submit" class=${quiet ? "button button-quiet" : "button button-main"} aria-disabled=${busy}>${busy ? working : children}</button>`;
}
