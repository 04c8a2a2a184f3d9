/** Stripe's own script and what is asked of it. It is fetched when a card is about to be entered, never before. */

const SCRIPT = "https://js.stripe.com/v3/";

/**
 * What is used of Stripe's script (docs.stripe.com/js).
 *
 * @typedef {{message?: string}} StripeError
 * @typedef {{mount: (box: HTMLElement) => void, destroy: () => void, on: (event: string, listener: (change: any) => void) => void}} Element
 * @typedef {{elements: (options?: object) => {create: (kind: "card", options?: object) => Element},
 *   createPaymentMethod: (about: {type: "card", card: Element}) => Promise<{paymentMethod?: {id: string, card?: {brand?: string, last4?: string}}, error?: StripeError}>,
 *   handleNextAction: (about: {clientSecret: string}) => Promise<{error?: StripeError}>}} Stripe
 */

/** @type {Promise<Stripe> | null} */
let coming = null;

/**
 * Stripe, for this shop's key. What failed to come is fetched anew at the next call.
 *
 * @param {string} key
 * @returns {Promise<Stripe>}
 */
export function stripe(key) {
  coming ??= fetched().then((make) => make(key)).catch((error) => {
    coming = null;
    throw error;
  });
  return coming;
}

/** Have the payer confirm a payment at their bank. @param {string | null} key @param {string} secret of the payment */
export async function confirmed(key, secret) {
  if (!key) throw new Error("this page has no key of Stripe's");
  await (await stripe(key)).handleNextAction({ clientSecret: secret });
}

/** @returns {Promise<(key: string) => Stripe>} */
function fetched() {
  const known = made();
  if (known) return Promise.resolve(known);
  letIn();
  return new Promise((done, lost) => {
    const script = document.createElement("script");
    script.src = SCRIPT;
    script.onload = () => {
      const make = made();
      if (make) done(make);
      else lost(new Error("Stripe's script did not begin"));
    };
    script.onerror = () => {
      script.remove();
      lost(new Error("Stripe's script did not come"));
    };
    document.head.append(script);
  });
}

/** @returns {((key: string) => Stripe) | undefined} */
function made() {
  return /** @type {any} */ (globalThis).Stripe;
}

/** The page's one policy for strings: addresses of Stripe's own scripts, and nothing else, may become scripts. */
function letIn() {
  const types = /** @type {any} */ (globalThis).trustedTypes;
  if (!types || types.defaultPolicy) return;
  types.createPolicy("default", { createScriptURL: (/** @type {string} */ url) => (new URL(url, location.href).origin === new URL(SCRIPT).origin ? url : null) });
}
