import { reloadOnce } from "./reloading.js";

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 8_000;

/** @typedef {import("socket.io-client").Socket} Socket */

/**
 * A socket whose library is fetched beside the first screen, which does without it. What is asked of it before is done
 * when it has come; until then it is not connected.
 *
 * @param {Partial<import("socket.io-client").ManagerOptions & import("socket.io-client").SocketOptions>} options
 */
export function lateSocket(options) {
  /** @type {Socket | null} */
  let socket = null;
  let wanted = false;
  /** @type {[string, (...heard: any[]) => void][]} */
  let listeners = [];

  async function arrive() {
    const { io } = await fetched();
    socket = io({ ...options, autoConnect: false });
    for (const [event, listener] of listeners) socket.on(event, listener);
    listeners = [];
    if (wanted) socket.connect();
  }
  void arrive();

  return {
    get connected() {
      return socket?.connected ?? false;
    },

    /** Whether it comes back by itself. */
    get active() {
      return socket?.active ?? false;
    },

    connect() {
      wanted = true;
      socket?.connect();
    },

    disconnect() {
      wanted = false;
      socket?.disconnect();
    },

    /** @param {string} event @param {(...heard: any[]) => void} listener */
    on(event, listener) {
      if (socket) socket.on(event, listener);
      else listeners.push([event, listener]);
    },

    /** @param {string} event @param {(...heard: any[]) => void} listener */
    off(event, listener) {
      socket?.off(event, listener);
      listeners = listeners.filter(([name, one]) => name !== event || one !== listener);
    },

    /**
     * Ask while it is connected; throws where no answer comes in time.
     *
     * @param {number} patience milliseconds
     * @param {string} event
     * @param {unknown[]} payload
     */
    ask(patience, event, payload) {
      if (!socket) throw new Error("the socket's library has not come yet");
      return socket.timeout(patience).emitWithAck(event, ...payload);
    },
  };
}

/** The library, as soon as it can be had: the shop may be restarting. */
async function fetched() {
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(LONGEST_WAIT_MS, wait * 2)) {
    try {
      return await import("socket.io-client");
    } catch {
      await new Promise((done) => { setTimeout(done, wait * (0.75 + Math.random() / 2)); });
      if (await isThere()) reloadOnce();
    }
  }
}

async function isThere() {
  const answer = await fetch("/healthz").catch(() => null);
  return answer?.ok ?? false;
}
