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

// In the production form the sheets are beside the scripts (`bundle/`).
const SHEETS = new URL(/** @type {any} */ (import.meta).built ? "./rooms/" : "../styles/rooms/", import.meta.url).pathname;

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
    rooms.value = { ...rooms.peek(), [name]: room };
  } catch {
    rooms.value = { ...rooms.peek(), [name]: "failed" };
  } finally {
    underWay.delete(name);
  }
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
  for (const link of document.querySelectorAll(`link[href^="${SHEETS}"]`)) {
    const { sheet } = /** @type {HTMLLinkElement} */ (link);
    if (sheet) sheet.disabled = link.getAttribute("href") !== `${SHEETS}${name}.css`;
  }
}

/** A room's own style sheet, before the room is drawn. @param {string} name @returns {Promise<void>} */
function styled(name) {
  const href = `${SHEETS}${name}.css`;
  if (document.querySelector(`link[href="${href}"]`)) return Promise.resolve();
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
