/** The periods that a dashboard can be of: what each is called, and the one before it. @type {[string, string, string][]} */
export const PERIODS = [
  ["24h", "24 hours", "the day before"],
  ["7d", "7 days", "in the 7 days before"],
  ["30d", "30 days", "in the 30 days before"],
  ["90d", "90 days", "in the 90 days before"],
];

const hour = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
// The shop's days are those of UTC: so they are named, wherever the reader is.
const day = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short", timeZone: "UTC" });
const shortDay = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", timeZone: "UTC" });

/** @param {number} seconds */
export const sayHour = (seconds) => hour.format(new Date(seconds * 1_000));
/** @param {number} seconds */
export const sayDay = (seconds) => day.format(new Date(seconds * 1_000));
/** @param {number} seconds */
export const tickDay = (seconds) => shortDay.format(new Date(seconds * 1_000));

/** What the period before is called. @param {string} period */
export function beforeOf(period) {
  return PERIODS.find(([name]) => name === period)?.[2] ?? "in the period before";
}
