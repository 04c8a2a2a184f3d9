import { explain } from "../../live/refusals.js";

/** What an order, or a part of it, is doing. @type {Record<string, string>} */
export const DOING = {
  pending: "is being paid",
  placed: "is placed",
  shipped: "is on its way",
  delivered: "has arrived",
  completed: "is completed",
  cancelled: "is cancelled",
  refunded: "is refunded",
};

/** An order's number, short enough to be said. @param {{id: string}} order */
export function numberOf({ id }) {
  return id.slice(-8).toUpperCase();
}

const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const minute = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

/** @param {string} time */
export function dayOf(time) {
  return day.format(new Date(time));
}

/** @param {string} time */
export function minuteOf(time) {
  return minute.format(new Date(time));
}

/** Why something could not be done with an order. @param {import("../../live/api.js").ApiError} error */
export function whyNotMoved(error) {
  return error.code === "conflict" ? "It has moved on meanwhile: that cannot be done any more." : explain(error);
}
