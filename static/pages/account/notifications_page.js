import { html } from "htm/preact";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { useLive } from "../../components/live_context.js";
import { ApiError } from "../../live/api.js";
import { explainAccount } from "../../live/refusals.js";
import { Frame } from "./frame.js";
import { LoginForm } from "./login_form.js";

/** @typedef {{kind: string, title: string, in_app: boolean, email: boolean}} Choice */

const PATH = "/api/notifications/preferences";

/** What somebody wants to be told, in the shop and by mail; for nobody, the way in. */
export function NotificationsPage() {
  const { session, renewal } = useLive();
  if (session.user.value) return html`<${Frame} title="What we tell you" wide><${Choices} key=${session.user.value.id} /><//>`;
  if (renewal.recalling.value) return html`<${Frame} title="What we tell you" wide />`;
  return html`<${Frame} title="Sign in to choose what we tell you"><${LoginForm} /><//>`;
}

function Choices() {
  const { api, renewal } = useLive();
  const [choices, setChoices] = useState(/** @type {Choice[] | null} */ (null));
  const [problem, setProblem] = useState("");

  /** @param {(token: string | undefined) => Promise<{items: Choice[]}>} question @param {Choice} [only] what alone is new */
  const ask = async (question, only) => {
    try {
      const told = (await question(await renewal.present())).items;
      if (!only) setChoices(told);
      setProblem("");
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setProblem(error.code === "not_authenticated" ? "Your sign-in could not be proven. Try again." : explainAccount(error));
    }
  };
  const load = useCallback(() => ask((token) => api.get(PATH, token)), [api, renewal]);
  useEffect(() => void load(), [load]);

  const last = useRef(Promise.resolve());

  /** Shown at once, and sent one after the other, so that no answer undoes a later choice. @param {Choice} choice */
  const choose = (choice) => {
    setChoices((known) => known && known.map((one) => (one.kind === choice.kind ? choice : one)));
    const { kind, in_app, email } = choice;
    last.current = last.current.then(() => ask((token) => api.put(PATH, { items: [{ kind, in_app, email }] }, { token }), choice));
  };

  return html`
    <p class="desk-soft">What is about your account, your money or your orders as such you are always told.</p>
    ${problem && html`<p class="form-problem" role="alert">${problem}</p><button type="button" class="button button-quiet" onClick=${load}>Try again</button>`}
    <ul class="devices" aria-busy=${choices === null}>
      ${choices?.map((choice) => html`<${ChoiceRow} key=${choice.kind} choice=${choice} onChoose=${choose} />`)}
    </ul>
  `;
}

/** @param {{choice: Choice, onChoose: (choice: Choice) => void}} props */
function ChoiceRow({ choice, onChoose }) {
  return html`<li class="device">
    <p class="device-words device-name">${choice.title}</p>
    <div class="choice-forms">
      <${Form} label="Here" about=${choice.title} on=${choice.in_app} onTurn=${(/** @type {boolean} */ on) => onChoose({ ...choice, in_app: on })} />
      <${Form} label="By mail" about=${choice.title} on=${choice.email} onTurn=${(/** @type {boolean} */ on) => onChoose({ ...choice, email: on })} />
    </div>
  </li>`;
}

/** @param {{label: string, about: string, on: boolean, onTurn: (on: boolean) => void}} props */
function Form({ label, about, on, onTurn }) {
  return html`<label class="choice">
    <input type="checkbox" checked=${on} aria-label=${`${about}: ${label.toLowerCase()}`} onChange=${(/** @type {Event} */ event) => onTurn(/** @type {HTMLInputElement} */ (event.currentTarget).checked)} />
    ${label}
  </label>`;
}
