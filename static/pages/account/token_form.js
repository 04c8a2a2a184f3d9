import { html } from "htm/preact";
import { useState } from "preact/hooks";
import { FormProblem, Submit } from "../../components/field.js";
import { useForm } from "../../components/form.js";
import { useLive } from "../../components/live_context.js";

/**
 * What is asked of someone who followed a link from a mail. It takes a press of a button, because programs that look
 * through mails follow links, too.
 *
 * @param {{path: string, button: string, working: string, onDone: (answer: any) => void,
 *   otherwise: import("preact").ComponentChildren, children?: (fields: Record<string, string>) => unknown}} props
 *   `otherwise`: what is shown where the link is no good (any more); `children` draws fields by what is wrong with them
 */
export function TokenForm({ path, button, working, onDone, otherwise, children }) {
  const { api, place } = useLive();
  const token = place.token.value;
  const [spent, setSpent] = useState("");
  const { busy, problem, code, fields, form, onSubmit } = useForm(async (values) => {
    setSpent(token);
    onDone(await api.post(path, { token, ...values }));
  });
  const refused = spent === token && (code === "invalid_token" || (code === "validation" && problem !== ""));
  if (!token || refused) {
    return html`
      ${token ? html`<${FormProblem} problem="This link is not good any more. It may be too old, or used already." />` : html`<p>Open the link in our mail once more: it leads here with all that is needed.</p>`}
      ${otherwise}
    `;
  }
  return html`<form class="form" ref=${form} onSubmit=${onSubmit} novalidate>
    <${FormProblem} problem=${problem} />
    ${children?.(fields)}
    <${Submit} busy=${busy} working=${working}>${button}<//>
  </form>`;
}
