import { html } from "htm/preact";
import { useState } from "preact/hooks";
import { Confirmed } from "../../components/dialog.js";
import { Field, FormProblem, Select, Submit } from "../../components/field.js";
import { useForm } from "../../components/form.js";
import { money } from "../../components/format.js";
import { useLive } from "../../components/live_context.js";
import { Tag } from "../../components/status.js";
import { ApiError } from "../../live/api.js";
import { useAct } from "./act.js";
import { parseAmount } from "./amount.js";
import { explainWork, sayWhen } from "./words.js";

/** @typedef {import("./types.js").Own} Own */

/**
 * What is taken off a product's price, and when; of several at a time the lowest price counts.
 *
 * @param {{product: Own, onChange: (product: Own) => void}} props
 */
export function Discounts({ product, onChange }) {
  const { mine, clock } = useLive();
  const { id, currency, discounts } = product;
  const act = useAct();
  const path = `/api/products/${id}/discounts`;
  return html`<section class="panel" aria-labelledby="discounts-title">
    <h2 id="discounts-title" class="panel-title">Reductions</h2>
    ${discounts.length === 0
      ? html`<p class="soft">None. The price is ${money(product.list_price ?? product.price, currency)} at all times.</p>`
      : html`<ul class="reductions">${discounts.map((one) => html`<li key=${one.id} class="reduction">
        <p><strong>${sayOff(one, currency)}</strong> <${Stage} discount=${one} now=${clock.now()} /></p>
        <p class="soft small">${sayWhen(one.starts_at)} to ${sayWhen(one.ends_at)}</p>
        <${Confirmed} label="End it" name=${`End ${sayOff(one, currency)}`} question="End this reduction?" words="The price goes back for everyone, also in open carts." yes="End it"
          act=${async () => void (await act.run(async () => onChange(await mine.delete(`${path}/${one.id}`))))} />
      </li>`)}</ul>`}
    ${act.problem && html`<p class="form-problem" role="alert">${act.problem}</p>`}
    <${Reduce} product=${product} onChange=${onChange} path=${path} />
  </section>`;
}

/** @param {import("./types.js").Discount} discount @param {string} currency */
export function sayOff({ kind, value }, currency) {
  return kind === "percent" ? `${value}% off` : `${money(value, currency)} off`;
}

/** @param {{discount: import("./types.js").Discount, now: number}} props */
function Stage({ discount, now }) {
  if (Date.parse(discount.ends_at) <= now) return html`<${Tag} tone="out">Over<//>`;
  return Date.parse(discount.starts_at) <= now ? html`<${Tag} tone="in">Now<//>` : html`<${Tag} tone="held">Planned<//>`;
}

/** @param {{product: Own, onChange: (product: Own) => void, path: string}} props */
function Reduce({ product, onChange, path }) {
  const { mine, notices } = useLive();
  const [turn, setTurn] = useState(0);
  const [kind, setKind] = useState("percent");
  const form = useForm(async ({ value = "", starts_at: from = "", ends_at: to = "" }) => {
    const body = { kind, value: worth(value, kind, product.currency), ends_at: new Date(to).toISOString(), ...(from ? { starts_at: new Date(from).toISOString() } : {}) };
    onChange(await mine.post(path, body));
    notices.say("The reduction is set.");
    setTurn(turn + 1); // empty again
  }, explainWork);
  return html`<form key=${turn} ref=${form.form} class="form reduce" onSubmit=${form.onSubmit} noValidate aria-label="A new reduction">
    <div class="editor-pair">
      <${Select} label="Take off" name="kind" value=${kind} onChoose=${setKind} choices=${[["percent", "Percent"], ["amount", "An amount"]]} />
      <${Field} label=${kind === "percent" ? "Percent" : `Amount in ${product.currency}`} name="value" inputmode="decimal" most=${20} problem=${form.fields.value} />
    </div>
    <div class="editor-pair">
      <${Field} label="From" name="starts_at" type="datetime-local" problem=${form.fields.starts_at} hint="Your own time. Empty: at once." optional />
      <${Field} label="To" name="ends_at" type="datetime-local" problem=${form.fields.ends_at} />
    </div>
    <${FormProblem} problem=${form.problem} />
    <${Submit} quiet busy=${form.busy} working="Setting">Set the reduction<//>
  </form>`;
}

/** @param {string} text @param {string} kind @param {string} currency */
function worth(text, kind, currency) {
  if (kind === "percent") {
    const percent = Number(text.replace("%", "").trim());
    if (Number.isInteger(percent) && percent >= 1 && percent <= 100) return percent;
    throw wrong("Use a whole number from 1 to 100.");
  }
  const { minor, problem } = parseAmount(text, currency);
  if (problem !== undefined) throw wrong(problem);
  return minor;
}

/** @param {string} detail */
function wrong(detail) {
  return new ApiError("validation", detail, { errors: [{ pointer: "/value", detail }] });
}
