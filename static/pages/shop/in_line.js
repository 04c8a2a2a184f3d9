import { html } from "htm/preact";
import { useId, useState } from "preact/hooks";
import { Icon } from "../../components/icon.js";
import { useLive } from "../../components/live_context.js";
import { Countdown, TakeIt } from "../../components/offers.js";
import { explain } from "../../live/refusals.js";

/**
 * Waiting for a product of which nothing can be had: asking to be told, being in line, or taking what is kept.
 *
 * @param {{product: import("../../live/types.js").Product}} props
 */
export function InLine({ product }) {
  const { lines, stock } = useLive();
  const place = lines.places.value.get(product.id);
  if (place?.state === "offered") {
    return html`<div class="in-line" data-line="offered">
      <p class="in-line-words">Kept for you: <${Countdown} until=${place.expires_at} /></p>
      <${TakeIt} place=${place} />
    </div>`;
  }
  if (place) {
    const waiting = stock.level(product.id).value?.waiting || 1;
    return html`<div class="in-line" data-line="waiting">
      <p class="in-line-words"><${Icon} name="check" /><span>You are in line <span class="figures">(${waiting} waiting)</span></span></p>
      <button type="button" class="button button-text" onClick=${() => lines.leave(product.id)} aria-label=${`Leave the line for ${product.name}`}>Leave</button>
    </div>`;
  }
  return html`<${TellMe} product=${product} />`;
}

/** @param {{product: import("../../live/types.js").Product}} props */
function TellMe({ product }) {
  const { lines, session, cart } = useLive();
  const [asking, setAsking] = useState(false);
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const known = session.user.value || cart.current.value?.email;
  const id = useId(); // a product may be on several shelves of a page

  /** @param {string} [email] */
  const join = async (email) => {
    if (busy) return;
    setBusy(true);
    const error = await lines.join(product.id, email);
    setBusy(false);
    setProblem(error ? complaint(error) : "");
    if (error?.code === "validation") setAsking(true);
  };
  /** @param {SubmitEvent} event */
  const submit = (event) => {
    event.preventDefault();
    const field = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget)).get("email");
    void join(String(field).trim());
  };

  const words = problem && html`<p id=${`tell-${id}`} class="order-problem" role="alert">${problem}</p>`;
  if (!asking) {
    const ask = () => { if (known) void join(); else setAsking(true); };
    return html`<div class="in-line" data-line="out">
      <button type="button" class="button button-quiet in-line-ask" aria-disabled=${busy} onClick=${ask} aria-label=${`Tell me when it’s back: ${product.name}`}>
        <${Icon} name="bell" />Tell me when it’s back
      </button>
      ${words}
    </div>`;
  }
  return html`<form class="in-line in-line-form" data-line="asking" onSubmit=${submit}>
    <label class="unseen" for=${`email-${id}`}>Email address</label>
    <input id=${`email-${id}`} ref=${focus} name="email" type="email" required autocomplete="email" placeholder="you@example.com"
      aria-describedby=${problem ? `tell-${id}` : null} aria-invalid=${problem ? "true" : null} />
    <button type="submit" class="button button-quiet" aria-disabled=${busy}>Tell me</button>
    ${words}
  </form>`;
}

/** The form came at the press of a button that it replaces. @param {HTMLElement | null} field */
function focus(field) {
  if (field && document.activeElement === document.body) field.focus();
}

/** @param {import("../../live/types.js").WireError} error */
function complaint(error) {
  if (error.code === "validation") return "This does not look like an email address.";
  if (error.code === "conflict" && Number(error.details?.available) > 0) return "It is back: you can have one now.";
  return explain(error);
}
