import { html } from "htm/preact";

/** What a status is called, and how it is tinted: what goes well, what waits, what has ended. @type {Record<string, [string, "in" | "low" | "held" | "out" | "wrong"]>} */
const STATUSES = {
  pending: ["Being paid", "low"],
  placed: ["Placed", "held"],
  shipped: ["On its way", "held"],
  delivered: ["Delivered", "in"],
  completed: ["Completed", "in"],
  cancelled: ["Cancelled", "out"],
  refunded: ["Refunded", "out"],
};

/** The status of an order or of a part of it. @param {{status: string}} props */
export function Status({ status }) {
  const [words, tone] = STATUSES[status] ?? [status, "out"];
  return html`<${Tag} tone=${tone}>${words}<//>`;
}

/**
 * A short word about the state of something, tinted. The tint is never all that says it.
 *
 * @param {{tone: "in" | "low" | "held" | "out" | "wrong", children?: import("preact").ComponentChildren}} props
 */
export function Tag({ tone, children }) {
  return html`<span class="tag" data-tone=${tone}>${children}</span>`;
}
