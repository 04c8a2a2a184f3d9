import { html } from "htm/preact";
import { useRef } from "preact/hooks";
import { useAnswer } from "../../components/answer.js";
import { useLive } from "../../components/live_context.js";
import { Answered } from "../../components/states.js";
import { ApiError } from "../../live/api.js";
import { explainAccount } from "../../live/refusals.js";
import { AccountPage } from "./account_page.js";

/** @typedef {{kind: string, title: string, in_app: boolean, email: boolean}} Choice */

const PATH = "/api/notifications/preferences";

/** What somebody wants to be told, in the shop and by mail; for nobody, the way in. */
export function NotificationsPage() {
  const lead = "What is about your account, your money or your orders as such you are always told. The rest is your choice.";
  return html`<${AccountPage} title="What we tell you" lead=${lead}>${() => html`<${Choices} />`}<//>`;
}

function Choices() {
  const { mine, notices, session } = useLive();
  const answer = useAnswer(PATH);
  const last = useRef(Promise.resolve());

  /** Shown at once, and sent one after the other, so that no answer undoes a later choice. @param {Choice} choice */
  const choose = (choice) => {
    answer.set((/** @type {any} */ known) => known && { ...known, items: known.items.map((/** @type {Choice} */ one) => (one.kind === choice.kind ? choice : one)) });
    const { kind, in_app, email } = choice;
    last.current = last.current.then(() => mine.put(PATH, { items: [{ kind, in_app, email }] })).then(
      () => notices.say("Saved."),
      (error) => {
        if (!(error instanceof ApiError)) throw error;
        notices.tell({ tone: "error", title: "This choice was not saved.", text: explainAccount(error) });
        return answer.reload();
      },
    );
  };

  return html`<${Answered} answer=${answer} rows=${6}>${(/** @type {{items: Choice[]}} */ { items }) => html`
    <div class="panel choices-panel">
      <table class="choices">
        <caption class="unseen">What we tell you, and how</caption>
        <thead><tr><th scope="col">What</th><th scope="col">Here</th><th scope="col">By mail</th></tr></thead>
        <tbody>${items.map((choice) => html`<${ChoiceRow} key=${choice.kind} choice=${choice} onChoose=${choose} />`)}</tbody>
      </table>
    </div>
    <p class="soft small">Here: in your <a href="/inbox">inbox</a>, and on the page while you look. By mail: to ${session.user.value?.email}.</p>
  `}<//>`;
}

/** @param {{choice: Choice, onChoose: (choice: Choice) => void}} props */
function ChoiceRow({ choice, onChoose }) {
  return html`<tr>
    <th scope="row">${choice.title}</th>
    <${Form} label="Here" about=${choice.title} on=${choice.in_app} onTurn=${(/** @type {boolean} */ on) => onChoose({ ...choice, in_app: on })} />
    <${Form} label="By mail" about=${choice.title} on=${choice.email} onTurn=${(/** @type {boolean} */ on) => onChoose({ ...choice, email: on })} />
  </tr>`;
}

/** @param {{label: string, about: string, on: boolean, onTurn: (on: boolean) => void}} props */
function Form({ label, about, on, onTurn }) {
  return html`<td><label class="choice">
    <input type="checkbox" checked=${on} aria-label=${`${about}: ${label.toLowerCase()}`} onChange=${(/** @type {Event} */ event) => onTurn(/** @type {HTMLInputElement} */ (event.currentTarget).checked)} />
  </label></td>`;
}
