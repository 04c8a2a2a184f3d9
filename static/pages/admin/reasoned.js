import { html } from "htm/preact";
import { useState } from "preact/hooks";
import { Dialog } from "../../components/dialog.js";
import { Field, FormProblem, Submit } from "../../components/field.js";
import { useForm } from "../../components/form.js";
import { useLive } from "../../components/live_context.js";
import { explainAct } from "../../live/refused_acts.js";

/**
 * A button whose act needs a reason, which is asked for in a dialog.
 *
 * @param {{label: string, name?: string, question: string, words?: import("preact").ComponentChildren, hint?: string,
 *   yes: string, done: string, act: (reason: string) => Promise<void>}} props `name` of the button for screen readers;
 *   `done` is said once it is
 */
export function Reasoned({ label, name, ...asked }) {
  const [open, setOpen] = useState(false);
  return html`
    <button type="button" class="button button-quiet" aria-label=${name} onClick=${() => setOpen(true)}>${label}</button>
    ${open && html`<${Ask} ...${asked} onClose=${() => setOpen(false)} />`}
  `;
}

/** @param {{question: string, words?: import("preact").ComponentChildren, hint?: string, yes: string, done: string, act: (reason: string) => Promise<void>, onClose: () => void}} props */
function Ask({ question, words, hint, yes, done, act, onClose }) {
  const { notices } = useLive();
  const { form, busy, problem, fields, onSubmit } = useForm(async ({ reason }) => {
    await act(reason ?? "");
    notices.say(done);
    onClose();
  }, explainAct);
  return html`<${Dialog} title=${question} onClose=${onClose}>
    ${words && html`<p>${words}</p>`}
    <form class="form" ref=${form} onSubmit=${onSubmit} noValidate>
      <${FormProblem} problem=${problem} />
      <${Field} label="Why" name="reason" most=${500} hint=${hint} problem=${fields.reason} />
      <div class="dialog-acts">
        <button type="button" class="button button-quiet" onClick=${onClose}>No, leave it</button>
        <${Submit} busy=${busy} working="One moment…">${yes}<//>
      </div>
    </form>
  <//>`;
}
