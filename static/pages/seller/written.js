import { parseAmount, typed } from "./amount.js";

/**
 * A product as it stands in the fields of its form, by their names; and back. All text, so that a draft of it is easily kept.
 *
 * @typedef {Record<string, string>} Written
 */

/** The names of the fields, in their order. */
export const FIELDS = /** @type {const} */ (["name", "description", "category", "tags", "price", "currency", "sku", "threshold", "max_per_cart", "published"]);

/** @param {import("./types.js").Own} product @returns {Written} */
export function writtenOf(product) {
  return {
    name: product.name,
    description: product.description,
    category: product.category,
    tags: product.tags.join(", "),
    price: typed(product.list_price ?? product.price, product.currency),
    currency: product.currency,
    sku: product.sku ?? "",
    threshold: String(product.threshold ?? ""),
    max_per_cart: String(product.max_per_cart ?? ""),
    published: product.published ? "on" : "",
  };
}

/** What a form says, a box that is not ticked included. @param {HTMLFormElement} form @returns {Written} */
export function readForm(form) {
  /** @type {Written} */
  const said = {};
  for (const field of form.elements) {
    if (field instanceof HTMLInputElement && field.type === "checkbox") said[field.name] = field.checked ? "on" : "";
    else if (isField(field) && field.name) said[field.name] = field.value;
  }
  return said;
}

/** @param {Element} field @returns {field is HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement} */
function isField(field) {
  return field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement || field instanceof HTMLSelectElement;
}

/**
 * The fields that say something else than they did; "2", "2.0" and "2,00" are one price.
 *
 * @param {Written} before
 * @param {Written} now
 */
export function changedFields(before, now) {
  return FIELDS.filter((name) => name in now && meant(name, now) !== meant(name, before));
}

/** @param {typeof FIELDS[number]} name @param {Written} written */
function meant(name, written) {
  const text = (written[name] ?? "").trim();
  if (name === "tags") return tagsOf(text).join("\n");
  if (name !== "price") return text;
  return String(parseAmount(text, written.currency ?? "").minor ?? text);
}

/** @param {string} text */
export function tagsOf(text) {
  return [...new Set(text.split(",").map((tag) => tag.trim()).filter(Boolean))];
}

/**
 * The values to send of some fields, and what is wrong with those that cannot be sent.
 *
 * @param {readonly string[]} names
 * @param {Written} written
 */
export function bodyOf(names, written) {
  /** @type {Record<string, unknown>} */
  const body = {};
  /** @type {{pointer: string, detail: string}[]} */
  const errors = [];
  const currency = (written.currency ?? "").trim().toUpperCase();
  for (const name of names) {
    const text = (written[name] ?? "").trim();
    if (name === "price") {
      const { minor, problem } = parseAmount(text, currency);
      if (problem !== undefined) errors.push({ pointer: "/product/price", detail: problem });
      else body.price = minor;
    } else if (name === "currency") body.currency = currency;
    else if (name === "tags") body.tags = tagsOf(text);
    else if (name === "published") body.published = text === "on";
    else if (name === "threshold" || name === "max_per_cart" || name === "stock") {
      if (text) body[name] = Number(text);
    } else if (name === "sku") body.sku = text || null;
    else body[name] = text;
  }
  return { body, errors };
}
