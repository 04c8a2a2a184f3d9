import { effect, signal } from "@preact/signals";
import { lateSocket } from "./late_socket.js";

const ACK_MS = 8_000;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8_000;

/**
 * The one socket. It reconnects for ever with growing, jittered waits, and resumes from the last cursor it saw.
 *
 * `state`: "connecting" (first time) · "live" · "reconnecting" · "offline" (the device has no network).
 *
 * @param {import("./session.js").Session} session
 * @param {import("./renewal.js").Renewal} renewal
 */
export function createConnection(session, renewal) {
  const state = signal(/** @type {"connecting" | "live" | "reconnecting" | "offline"} */ ("connecting"));
  /** @type {import("./types.js").Cursor | undefined} */
  let since;
  /** @type {number | undefined} */
  let told; // how long the server asked to wait before coming back
  let refusals = 0;
  let entries = 0; // how often it said who it is
  /** @type {string | undefined} */
  let shown;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let retry;

  const socket = lateSocket({
    path: "/socket.io/",
    transports: ["websocket"],
    reconnectionDelay: FIRST_WAIT_MS,
    reconnectionDelayMax: LONGEST_WAIT_MS,
    randomizationFactor: 0.5,
    auth: (give) => void enter(give),
  });

  /** Say who this is, once that is known. @param {(auth: object) => void} give */
  async function enter(give) {
    entries += 1;
    const entry = entries;
    const token = await renewal.present();
    if (entry !== entries) return; // the socket was opened anew meanwhile, and asked again
    shown = token;
    give({ session: session.id, token, since });
  }

  const lost = () => {
    if (state.peek() !== "connecting") state.value = navigator.onLine ? "reconnecting" : "offline";
  };

  function reconnect() {
    socket.disconnect();
    socket.connect();
  }

  /** @param {number} wait milliseconds, spread by a quarter so that many browsers do not return as one */
  function connectIn(wait) {
    clearTimeout(retry);
    retry = setTimeout(() => socket.connect(), wait * (0.75 + Math.random() / 2));
  }

  socket.on("welcome", () => {
    refusals = 0;
    told = undefined;
    state.value = "live";
  });
  socket.on("goodbye", (/** @type {{retry_ms?: number}} */ { retry_ms }) => {
    told = retry_ms;
    lost();
  });
  socket.on("disconnect", (reason) => {
    lost();
    if (reason === "io client disconnect") return;
    // A disconnect that the server asked for is not followed by the client's own reconnecting.
    if (!socket.active) connectIn(told ?? FIRST_WAIT_MS);
  });
  socket.on("connect_error", (/** @type {Error & {data?: {code?: string}}} */ error) => {
    lost();
    if (socket.active) return; // no answer at all: the client retries by itself
    if (error.data?.code === "not_authenticated" && shown === session.token) session.doubtToken();
    refusals += 1;
    connectIn(Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** refusals));
  });
  addEventListener("offline", lost);
  addEventListener("online", () => {
    lost();
    reconnect(); // a socket from before may be dead without knowing; resuming is cheap
  });

  return {
    state,

    open: () => socket.connect(),

    /** When it is live, be it at once. */
    async live() {
      let stop = () => {};
      await new Promise((done) => {
        stop = effect(() => {
          if (state.value === "live") done(undefined);
        });
      });
      stop();
    },

    /** Connect anew, as whoever the session is now. */
    reopen() {
      since = undefined;
      reconnect();
    },

    /**
     * @param {string} event
     * @param {(payload: any) => void} listener
     * @returns {() => void} stops listening
     */
    on(event, listener) {
      socket.on(event, listener);
      return () => void socket.off(event, listener);
    },

    /** Note how far this window has seen, for the next reconnect. @param {import("./types.js").Cursor} [cursor] */
    seen(cursor) {
      if (cursor && (!since || cursor > since)) since = cursor;
    },

    /** Note that this window's past begins here, whatever it saw before. @param {import("./types.js").Cursor} cursor */
    begunAt(cursor) {
      since = cursor;
    },

    /**
     * Ask the server. A question without an answer is a refusal with the code "unanswered": it may have been done.
     *
     * @template [T=Record<string, any>]
     * @param {string} event
     * @param {unknown} [payload]
     * @param {number} [patience] milliseconds
     * @returns {Promise<import("./types.js").Ack<T>>}
     */
    async ask(event, payload, patience = ACK_MS) {
      if (!socket.connected) return unanswered();
      try {
        return await socket.ask(patience, event, payload === undefined ? [] : [payload]);
      } catch {
        return unanswered();
      }
    },
  };
}

/** @returns {import("./types.js").Refusal} */
function unanswered() {
  return { ok: false, error: { code: "unanswered", message: "No answer from the shop." } };
}

/** @typedef {ReturnType<typeof createConnection>} Connection */
