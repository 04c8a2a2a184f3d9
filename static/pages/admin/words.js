import { plural } from "../../components/format.js";

const dayAndTime = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const timeOfDay = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });
const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];
const MINUTE = 60;
const HOUR = 3_600;
const DAY = 86_400;

/** A moment of the server's. @param {string | null} time */
export function moment(time) {
  return time ? dayAndTime.format(new Date(time)) : "–";
}

/** A time of today, to the second. @param {number} seconds since 1970 */
export function clockTime(seconds) {
  return timeOfDay.format(new Date(seconds * 1_000));
}

/** An amount of bytes. @param {number} size */
export function bytes(size) {
  const step = size > 0 ? Math.min(UNITS.length - 1, Math.floor(Math.log2(size) / 10)) : 0;
  const value = size / 1_024 ** step;
  return `${value.toFixed(step > 0 && value < 100 ? 1 : 0)} ${UNITS[step]}`;
}

/** How long something takes or lies behind. @param {number | null} seconds */
export function lasting(seconds) {
  if (seconds === null) return "–";
  if (seconds < 1) return `${Math.round(seconds * 1_000)} ms`;
  if (seconds < MINUTE) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)} min`;
  if (seconds < 2 * DAY) return `${Math.floor(seconds / HOUR)} h`;
  return plural(Math.floor(seconds / DAY), "day");
}

const numbers = new Intl.NumberFormat();

/** A count, in the reader's way of writing. @param {number} count */
export function counted(count) {
  return numbers.format(count);
}

/** A word of the wire as people read it: "change_role" is "Change role". @param {string} word */
export function readable(word) {
  const words = word.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** An order's number as its buyer has it. @param {string} id */
export function orderNumber(id) {
  return id.slice(-8).toUpperCase();
}
