import { html } from "htm/preact";
import { useState } from "preact/hooks";
import { AddressForm } from "./address_form.js";
import { Entrance } from "./entrance.js";

/**
 * A guest's address. Signing in is possible, not asked for.
 *
 * @param {{state: import("../../live/types.js").CheckoutState, onDone: () => void}} props
 */
export function GuestAddress({ state, onDone }) {
  const [entering, setEntering] = useState(false);
  if (entering) return html`<${Entrance} /><button type="button" class="button button-text" onClick=${() => setEntering(false)}>Order without an account</button>`;
  return html`<section class="panel" aria-labelledby="new-address">
    <div class="summary-head"><h2 id="new-address" class="panel-title">Your address</h2><button type="button" class="button button-text" onClick=${() => setEntering(true)}>I have an account</button></div>
    <${AddressForm} state=${state} guest onDone=${onDone} />
  </section>`;
}
