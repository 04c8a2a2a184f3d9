const HOUR = 3_600;
const DAY = 24 * HOUR;
const GAP = 14; // pixels between the words of an axis
const STEPS_OF_HOURS = [1, 2, 3, 4, 6, 12, 24, 48, 96, 168];
const STEPS_OF_DAYS = [1, 2, 3, 5, 7, 10, 14, 20, 30];

const minute = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" });
const ofHour = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const ofDay = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });

/** A time in full, as tables and readouts say it. @param {number} seconds */
export function sayTime(seconds) {
  return minute.format(new Date(seconds * 1_000));
}

/** A value in words; none is a dash. @param {number | null | undefined} value @param {(value: number) => string} text */
export function said(value, text) {
  return value === null || value === undefined ? "–" : text(value);
}

/**
 * How the axis of time says its times where nobody says otherwise: hours within two days, days beyond.
 *
 * @param {number} span seconds that are shown
 * @returns {(seconds: number) => string}
 */
export function shortTime(span) {
  const format = span <= 2 * DAY ? ofHour : ofDay;
  return (seconds) => format.format(new Date(seconds * 1_000));
}

/**
 * The seconds between one point and the next, null where they are not evenly spaced by the hour or the day.
 *
 * @param {number[]} at
 */
export function stepOf(at) {
  const [first, second] = at;
  if (first === undefined || second === undefined) return null;
  const step = second - first;
  if (step < HOUR || step % HOUR !== 0) return null;
  return at.every((time, index) => Math.abs(time - (at[index - 1] ?? time - step) - step) <= HOUR / 2) ? step : null;
}

/**
 * Of evenly spaced times those to name: as many as fit, whole hours of the day and the beginnings of days first.
 *
 * @param {number[]} at
 * @param {number} step seconds
 * @param {number} most how many words fit
 */
export function named(at, step, most) {
  const hours = step < DAY;
  const unit = hours ? HOUR : DAY;
  const wanted = (at.length * step) / unit / Math.max(1, most);
  const steps = hours ? STEPS_OF_HOURS : STEPS_OF_DAYS;
  const every = steps.find((one) => one >= wanted && (one * unit) % step === 0) ?? Math.ceil(wanted);
  if (!hours) return at.filter((_, index) => (at.length - 1 - index) % Math.max(1, Math.round((every * unit) / step)) === 0);
  const days = Math.max(1, Math.round(every / 24));
  let begun = -1; // how many days have begun
  return at.filter((time) => {
    const hour = new Date(time * 1_000).getHours();
    if (every < 24) return hour % every === 0;
    if (hour !== 0) return false;
    begun += 1;
    return begun % days === 0;
  });
}

/**
 * How wide words are as a chart writes them.
 *
 * @param {import("uplot")} plot
 * @param {string} font
 * @param {string[]} words
 */
export function widest(plot, font, words) {
  plot.ctx.save();
  plot.ctx.font = font;
  const widths = words.map((one) => plot.ctx.measureText(one).width);
  plot.ctx.restore();
  return Math.ceil(Math.max(0, ...widths));
}

/** How many words of a width have room beside each other. @param {number} room @param {number} width */
export function roomFor(room, width) {
  return Math.max(1, Math.floor(room / (width + GAP)));
}
