import { signal } from "@preact/signals";

/**
 * @typedef {{demo: boolean, currency: string, hold_seconds: number, low_stock_threshold: number,
 *   guest_checkout: boolean, activation_required: boolean, shipping: number, free_shipping_from: number | null,
 *   stripe_publishable_key: string | null, mails: boolean}} Facts `mails`: whether any are sent
 */

/** @type {Facts} until the server has told its own */
const ASSUMED = {
  demo: false,
  currency: "EUR",
  hold_seconds: 600,
  low_stock_threshold: 3,
  guest_checkout: false,
  activation_required: true,
  shipping: 0,
  free_shipping_from: null,
  stripe_publishable_key: null,
  mails: true,
};

/** How this shop is set up. @param {import("./api.js").Api} api */
export function createShopFacts(api) {
  const facts = signal(ASSUMED);

  return {
    facts,

    async load() {
      const told = await api.get("/api/shop").catch(() => null);
      if (told) facts.value = { ...facts.peek(), ...told };
    },

    /** @param {Partial<Facts>} told */
    learn(told) {
      facts.value = { ...facts.peek(), ...told };
    },
  };
}

/** @typedef {ReturnType<typeof createShopFacts>} ShopFacts */
