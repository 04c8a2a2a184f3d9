import { useEffect } from "preact/hooks";
import { signal } from "@preact/signals";
import { reloadOnce } from "../live/reloading.js";

/** @typedef {Record<string, import("preact").FunctionComponent<any>>} Room pages by name */

/** Each room is fetched when somebody first goes there. @type {Record<string, () => Promise<any>>} */
const FETCH = {
  shop: () => import("./shop/room.js"),
  checkout: () => import("./checkout/room.js"),
  orders: () => import("./orders/room.js"),
  account: () => import("./account/room.js"),
  seller: () => import("./seller/room.js"),
  delivery: () => import("./delivery/room.js"),
  admin: () => import("./admin/room.js"),
};

/** In the production form (`bundle/`): the folder that all is in, as an address. @type {string | undefined} */
const BUILT = /** @type {any} */ (import.meta).built;
const SHEETS = BUILT ? `${BUILT}rooms/` : new URL("../styles/rooms/", import.meta.url).pathname;

/** What is there so far, or "failed". */
const rooms = signal(/** @type {Record<string, Room | "failed">} */ ({}));
/** @type {Set<string>} */
const underWay = new Set();

/** A room once it has come, null until then. @param {string} name */
export function useRoom(name) {
  useEffect(() => {
    void fetchRoom(name);
  }, [name]);
  return rooms.value[name] ?? null;
}

/** Have a room come, if it is not there; "" is none. @param {string} name */
export async function fetchRoom(name) {
  if (!name || underWay.has(name) || (rooms.peek()[name] ?? "failed") !== "failed") return;
  underWay.add(name);
  try {
    const [room] = await Promise.all([/** @type {() => Promise<Room>} */ (FETCH[name])(), styled(name)]);
    keep(name, room);
  } catch {
    rooms.value = { ...rooms.peek(), [name]: "failed" };
  } finally {
    underWay.delete(name);
  }
}

/** A room that came within the page. @param {string} name @param {Room} room */
export function keep(name, room) {
  rooms.value = { ...rooms.peek(), [name]: room };
}

/**
 * Fetch a room that could not be had; else the page is loaded anew.
 *
 * @param {string} name
 */
export async function tryAgain(name) {
  await fetchRoom(name);
  if (rooms.peek()[name] === "failed") reloadOnce();
}

/**
 * Have only the sheet of the room that is looked at count: sheets stay once they are here, and a class of one room may
 * well be another's, too. Those that are out of use are not fetched again when they come back to it.
 *
 * @param {string} name
 */
export function wearOnly(name) {
  for (const each of document.querySelectorAll(`link[href^="${SHEETS}"], style[data-room]`)) {
    const { sheet } = /** @type {HTMLLinkElement | HTMLStyleElement} */ (each);
    const room = each.getAttribute("data-room") ?? each.getAttribute("href")?.slice(SHEETS.length, -".css".length);
    if (sheet) sheet.disabled = room !== name;
  }
}

/** A room's own style sheet, before the room is drawn. @param {string} name @returns {Promise<void>} */
function styled(name) {
  const href = `${SHEETS}${name}.css`;
  if (document.querySelector(`link[href="${href}"], style[data-room="${name}"]`)) return Promise.resolve();
  return new Promise((done, lost) => {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = href;
    link.onload = () => done();
    link.onerror = () => {
      link.remove(); // or it would count as there
      lost(new Error(`no ${href}`));
    };
    document.head.append(link);
  });
}
