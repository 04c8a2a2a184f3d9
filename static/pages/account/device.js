/** Browsers and systems by what they call themselves; many pretend to be others, so the more particular come first. */
const BROWSERS = /** @type {const} */ ([
  ["Edg", "Edge"],
  ["OPR/", "Opera"],
  ["Firefox/", "Firefox"],
  ["FxiOS/", "Firefox"],
  ["Chrome/", "Chrome"],
  ["CriOS/", "Chrome"],
  ["Safari/", "Safari"],
]);
const SYSTEMS = /** @type {const} */ ([
  ["iPhone", "iPhone"],
  ["iPad", "iPad"],
  ["Android", "Android"],
  ["Windows", "Windows"],
  ["Mac OS X", "macOS"],
  ["CrOS", "ChromeOS"],
  ["Linux", "Linux"],
]);

/** A device in words, from what its browser says of itself. @param {string} agent */
export function deviceName(agent) {
  const browser = BROWSERS.find(([sign]) => agent.includes(sign))?.[1];
  const system = SYSTEMS.find(([sign]) => agent.includes(sign))?.[1];
  if (browser && system) return `${browser} on ${system}`;
  return browser ?? system ?? (agent.slice(0, 60) || "Unknown device");
}

/** Whether it is one for the hand. @param {string} agent */
export function isHandheld(agent) {
  return /iPhone|iPad|Android|Mobile/.test(agent);
}
