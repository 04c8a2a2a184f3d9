/** A category's last name, as a title: "lighting" of "home/lighting" is "Lighting". @param {string} category */
export function titleOf(category) {
  const name = category.split("/").at(-1) ?? "";
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/** A category and those above it, the topmost first. @param {string} category */
export function pathOf(category) {
  const parts = category.split("/");
  return parts.map((_, index) => parts.slice(0, index + 1).join("/"));
}

const MINUTE = 60;
const HOUR = 3_600;
const DAY = 86_400;

/** What is left of a longer time: "2 days 4 h", "3 h 12 min", "12:05". @param {number} seconds */
export function timeLeft(seconds) {
  const days = Math.floor(seconds / DAY);
  const hours = Math.floor((seconds % DAY) / HOUR);
  const minutes = Math.floor((seconds % HOUR) / MINUTE);
  if (days > 0) return `${days} ${days === 1 ? "day" : "days"} ${hours} h`;
  if (hours > 0) return `${hours} h ${minutes} min`;
  return `${minutes}:${String(seconds % MINUTE).padStart(2, "0")}`;
}
