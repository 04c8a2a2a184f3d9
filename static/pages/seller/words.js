import { explain } from "../../live/refusals.js";

/** What the server says of these stands for itself; the shop's words for them are for shoppers. */
const AS_TOLD = ["conflict", "not_found", "validation", "too_large", "unsupported_type", "forbidden"];

/** A refusal in a seller's words. @param {import("../../live/api.js").ApiError} error */
export function explainWork(error) {
  if (error.code === "insufficient_stock") return shortOf(error);
  if (error.code === "unanswered") return "No answer from the shop. Try again in a moment.";
  if (!AS_TOLD.includes(error.code)) return explain(error);
  return sentence(error.errors[0]?.detail ?? error.message);
}

/** @param {import("../../live/api.js").ApiError} error */
function shortOf({ details, message }) {
  const held = Number(details?.held ?? NaN);
  return Number.isFinite(held) ? `Carts hold ${held} of it: count at least those.` : sentence(message);
}

/** A piece of text as a sentence. @param {string} text */
export function sentence(text) {
  const said = text.trim();
  if (!said) return "That did not work.";
  return said[0]?.toUpperCase() + said.slice(1) + (/[.!?]$/.test(said) ? "" : ".");
}

const moment = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const precise = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit" });

/** A time of the server in the reader's own. @param {string} at */
export function sayWhen(at) {
  return moment.format(new Date(at));
}

/** The same to the second, for logs. @param {string} at */
export function sayExactly(at) {
  return precise.format(new Date(at));
}

/** What moved stock, as it is called. @type {Record<string, string>} */
export const MOVES = {
  restock: "Delivery",
  adjustment: "Count",
  purchase: "Sold",
  return: "Came back",
  hold: "Held in a cart",
  release: "Let go",
  expire: "Hold ran out",
};

/** Who it was, as far as this seller is told. @param {import("./types.js").Actor} by @param {string | undefined} me */
export function sayWho({ kind, id, name }, me) {
  if (id && id === me) return "You";
  if (name) return kind === "system" ? `The shop (${name})` : name;
  return kind === "system" ? "The shop" : "A shopper";
}

/** A difference with its sign. @param {number} delta */
export function signed(delta) {
  return delta > 0 ? `+${delta}` : delta < 0 ? `−${-delta}` : "0";
}
