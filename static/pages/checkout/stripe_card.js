import { html } from "htm/preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { FormProblem, Submit } from "../../components/field.js";
import { useForm } from "../../components/form.js";
import { useLive } from "../../components/live_context.js";
import { Skeleton } from "../../components/states.js";
import { ApiError } from "../../live/api.js";
import { explain } from "../../live/refusals.js";
import { stripe } from "../../live/stripe.js";

/** @typedef {import("../../live/stripe.js").Stripe} Stripe */
/** @typedef {import("../../live/stripe.js").Element} Element */

/** A card, entered into Stripe's own field: its number never comes here. @param {{onDone: (paying: import("../../live/checkout.js").Paying) => Promise<void>}} props */
export function StripeCard({ onDone }) {
  const { shop } = useLive();
  const key = shop.facts.value.stripe_publishable_key;
  const box = useRef(/** @type {HTMLDivElement | null} */ (null));
  const made = useRef(/** @type {{stripe: Stripe, card: Element} | null} */ (null));
  const [phase, setPhase] = useState(/** @type {"coming" | "there" | "failed"} */ ("coming"));
  const [turn, setTurn] = useState(0);

  useEffect(() => {
    if (!key || !box.current) return undefined;
    let over = false;
    /** @type {Element | undefined} */
    let card;
    const begin = async () => {
      const one = await stripe(key);
      if (over || !box.current) return;
      card = one.elements().create("card", { style: { base: look(box.current) }, hidePostalCode: true });
      card.mount(box.current);
      made.current = { stripe: one, card };
      setPhase("there");
    };
    begin().catch(() => { if (!over) setPhase("failed"); });
    return () => {
      over = true;
      card?.destroy();
    };
  }, [key, turn]);

  const { busy, problem, form, onSubmit } = useForm(async () => {
    if (!made.current) return;
    const { paymentMethod, error } = await made.current.stripe.createPaymentMethod({ type: "card", card: made.current.card });
    if (!paymentMethod) throw new ApiError("validation", error?.message ?? "Look at the card once more.");
    const { brand = "card", last4 } = paymentMethod.card ?? {};
    await onDone({ payment: { method: "stripe", payment_method: paymentMethod.id }, words: last4 ? `${brand} ending in ${last4}` : "Card, by Stripe" });
  }, explain);

  if (!key) return html`<p class="form-problem">Cards cannot be entered on this page: the shop has not finished setting them up.</p>`;
  const again = () => {
    setPhase("coming");
    setTurn(turn + 1);
  };
  return html`<form class="form" ref=${form} onSubmit=${onSubmit} novalidate>
    <${FormProblem} problem=${problem} />
    <div class="field"><p class="field-name" id="stripe-card">Card</p><div class="stripe-box" role="group" aria-labelledby="stripe-card" ref=${box}></div>
      <p class="field-hint">The number goes to Stripe and nowhere else.</p></div>
    ${phase === "coming" && html`<${Skeleton} rows=${1} label="Loading the card field" />`}
    ${phase === "failed" && html`<div class="form-problem" role="alert"><p>Stripe could not be reached. Your cart stays held meanwhile.</p></div><button type="button" class="button button-quiet" onClick=${again}>Try again</button>`}
    ${phase === "there" && html`<${Submit} busy=${busy} working="Checking the card…">On to the summary<//>`}
  </form>`;
}

/** The field's look, which Stripe's frame cannot take from our sheets. @param {HTMLElement} element */
function look(element) {
  const { color, fontSize, fontFamily } = getComputedStyle(element);
  return { color, fontSize, fontFamily, iconColor: color };
}
