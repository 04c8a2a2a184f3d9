import { useEffect, useRef, useState } from "preact/hooks";
import { ApiError } from "../live/api.js";
import { explainAccount, explainField } from "../live/refusals.js";

/**
 * @typedef {{busy: boolean, problem: string, code: string, fields: Record<string, string>}} FormState `problem` is of
 *   the whole form, `fields` of each by its name
 */

/** @type {FormState} */
const CALM = { busy: false, problem: "", code: "", fields: {} };
const AS_TYPED = ["password", "current_password"]; // blanks at its ends belong to it

/**
 * Sending a form: once at a time, and what the server refuses stands beside the field that it is about. After a
 * refusal the focus is where there is something to mend.
 *
 * @param {(values: Record<string, string>) => Promise<void>} send
 * @param {(error: ApiError) => string} [words] for a refusal that is about no field
 * @param {(form: HTMLFormElement) => {pointer: string, detail: string}[]} [check] what is wrong beyond what a browser can tell
 */
export function useForm(send, words = explainAccount, check = () => []) {
  const form = useRef(/** @type {HTMLFormElement | null} */ (null));
  const [state, setState] = useState(CALM);

  useEffect(() => {
    const wrong = form.current?.querySelector('[aria-invalid="true"], .form-problem');
    if (wrong instanceof HTMLElement) wrong.focus();
  }, [state]);

  /** @param {SubmitEvent} event */
  async function onSubmit(event) {
    event.preventDefault();
    if (state.busy || !form.current) return;
    const fields = { ...Object.fromEntries(check(form.current).map(({ pointer, detail }) => [fieldOf(pointer), detail])), ...unfinished(form.current) };
    if (Object.keys(fields).length > 0) {
      setState({ ...CALM, fields });
      return;
    }
    setState({ ...CALM, busy: true });
    try {
      await send(valuesOf(form.current));
      setState(CALM);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setState(refused(error, form.current, words));
    }
  }

  return { ...state, form, onSubmit };
}

/** What a browser can tell without asking. @param {HTMLFormElement} form */
function unfinished(form) {
  /** @type {Record<string, string>} */
  const found = {};
  for (const field of form.elements) {
    if (!(field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement || field instanceof HTMLSelectElement)) continue;
    const { validity } = field;
    if (validity.valueMissing) found[field.name] = "Please fill this in.";
    else if (validity.tooShort && !(field instanceof HTMLSelectElement)) found[field.name] = `Use at least ${field.minLength} characters.`;
    else if (validity.badInput) found[field.name] = "This is not a number.";
    else if (validity.rangeUnderflow || validity.rangeOverflow || validity.stepMismatch) found[field.name] = outOfRange(/** @type {HTMLInputElement} */ (field));
  }
  return found;
}

/** @param {HTMLInputElement} field */
function outOfRange({ min, max, validity }) {
  if (validity.stepMismatch) return "Use fewer decimals.";
  if (min && max) return `Use a number from ${min} to ${max}.`;
  return min ? `Use ${min} or more.` : `Use ${max} or less.`;
}

/** @param {HTMLFormElement} form */
function valuesOf(form) {
  const entries = [...new FormData(form)].map(([name, value]) => [name, AS_TYPED.includes(name) ? value : String(value).trim()]);
  return Object.fromEntries(entries);
}

/**
 * @param {ApiError} error
 * @param {HTMLFormElement | null} form
 * @param {(error: ApiError) => string} words
 * @returns {FormState}
 */
function refused(error, form, words) {
  const named = error.errors.filter(({ pointer }) => form?.elements.namedItem(fieldOf(pointer)));
  const fields = Object.fromEntries(named.map((each) => [fieldOf(each.pointer), explainField(each)]));
  return { busy: false, problem: named.length > 0 ? "" : words(error), code: error.code, fields };
}

/** The field that a JSON pointer means, wherever the form's values stand in the question. @param {string} pointer */
function fieldOf(pointer) {
  return pointer.slice(pointer.lastIndexOf("/") + 1);
}
