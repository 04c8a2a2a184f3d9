import { useEffect, useRef, useState } from "preact/hooks";
import { ApiError } from "../live/api.js";
import { explainAccount, explainField } from "../live/refusals.js";

/**
 * @typedef {{busy: boolean, problem: string, code: string, fields: Record<string, string>}} FormState `problem` is of
 *   the whole form, `fields` of each by its name
 */

/** @type {FormState} */
const CALM = { busy: false, problem: "", code: "", fields: {} };
const AS_TYPED = ["password"]; // blanks at its ends belong to it

/**
 * Sending a form: once at a time, and what the server refuses stands beside the field that it is about. After a
 * refusal the focus is where there is something to mend.
 *
 * @param {(values: Record<string, string>) => Promise<void>} send
 */
export function useForm(send) {
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
    const fields = unfinished(form.current);
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
      setState(refused(error, form.current));
    }
  }

  return { ...state, form, onSubmit };
}

/** What a browser can tell without asking. @param {HTMLFormElement} form */
function unfinished(form) {
  /** @type {Record<string, string>} */
  const found = {};
  for (const field of form.elements) {
    if (!(field instanceof HTMLInputElement)) continue;
    if (field.validity.valueMissing) found[field.name] = "Please fill this in.";
    else if (field.validity.tooShort) found[field.name] = `Use at least ${field.minLength} characters.`;
  }
  return found;
}

/** @param {HTMLFormElement} form */
function valuesOf(form) {
  const entries = [...new FormData(form)].map(([name, value]) => [name, AS_TYPED.includes(name) ? value : String(value).trim()]);
  return Object.fromEntries(entries);
}

/**
 * @param {ApiError} error
 * @param {HTMLFormElement | null} form
 * @returns {FormState}
 */
function refused(error, form) {
  const named = error.errors.filter(({ pointer }) => form?.elements.namedItem(pointer.slice(1)));
  const fields = Object.fromEntries(named.map((each) => [each.pointer.slice(1), explainField(each)]));
  return { busy: false, problem: named.length > 0 ? "" : explainAccount(error), code: error.code, fields };
}
