import { html } from "htm/preact";
import { useRef } from "preact/hooks";
import { Field, FormProblem, Submit } from "../../components/field.js";
import { useForm } from "../../components/form.js";
import { useLive } from "../../components/live_context.js";
import { ApiError } from "../../live/api.js";
import { explain } from "../../live/refusals.js";

/** @type {[string, string][]} */
const TEST_CARDS = [["4242 4242 4242 4242", "is accepted"], ["4000 0000 0000 0002", "is declined"], ["4000 0000 0000 0119", "is charged, but answers late"]];

/** A card of the built-in sandbox; in a demo the test cards are named and one is filled in. @param {{onDone: (paying: import("../../live/checkout.js").Paying) => Promise<void>}} props */
export function SandboxCard({ onDone }) {
  const { shop } = useLive();
  const demo = shop.facts.value.demo;
  const box = useRef(/** @type {HTMLDivElement | null} */ (null));
  const { busy, problem, fields, form, onSubmit } = useForm(async ({ card = "" }) => {
    const digits = card.replaceAll(/[\s-]/g, "");
    if (!/^\d{12,19}$/.test(digits)) throw new ApiError("validation", "", { errors: [{ pointer: "/card", detail: "A card number has 12 to 19 digits." }] });
    await onDone({ payment: { method: "sandbox", card: digits }, words: `Test card ending in ${digits.slice(-4)}` });
  }, explain);
  /** @param {string} card */
  const take = (card) => {
    const field = box.current?.querySelector("input");
    if (field) field.value = card;
  };
  return html`<form class="form" ref=${form} onSubmit=${onSubmit} novalidate>
    <${FormProblem} problem=${problem} />
    <div ref=${box}><${Field} label="Card number" name="card" autocomplete="cc-number" inputmode="numeric" most=${30} problem=${fields.card} value=${demo ? TEST_CARDS[0]?.[0] : ""}
      hint="Test cards only: no money moves here." /></div>
    ${demo && html`<ul class="test-cards" aria-label="Test cards">${TEST_CARDS.map(([card, what]) => html`<li key=${card}>
      <button type="button" class="button test-card" onClick=${() => take(card)}><span class="figures">${card}</span><span class="soft small">${what}</span></button>
    </li>`)}</ul>`}
    <${Submit} busy=${busy} working="Keeping it…">On to the summary<//>
  </form>`;
}
