import { effect, signal } from "@preact/signals";

const NAME = "ivorycart.inbox";

/**
 * @typedef {{user: string, unread: number, ids: string[] | null}} Reading what was read in a tab, null for all, and how
 *   many are left
 */

/**
 * How many notifications are unread, for the bell. The number is the server's: asked for with each that comes, told with
 * each answer about them, and passed on between the tabs of this browser. What was read on another device is seen when
 * somebody looks at this one again.
 *
 * @param {{mine: import("./mine.js").Mine, session: import("./session.js").Session,
 *   connection: import("./connection.js").Connection, channel?: BroadcastChannel}} parts
 */
export function createInbox({ mine, session, connection, channel = new BroadcastChannel(NAME) }) {
  const unread = signal(0);
  const news = signal(0); // grows with each that comes, and with what was read elsewhere: open lists read again
  /** @type {Set<string>} */
  const heard = new Set();
  /** @type {(ids: string[] | null) => void} */
  let settled = () => {};
  let whose = "";

  /** Ask the server how many there are; where it is another number than was known, lists are old, too. */
  async function count() {
    const user = session.user.peek()?.id;
    if (!user) return;
    const answer = await mine.get("/api/notifications?limit=1").catch(() => null);
    if (!answer || session.user.peek()?.id !== user || answer.unread === unread.peek()) return;
    unread.value = answer.unread;
    news.value += 1;
  }

  effect(() => {
    const id = session.user.value?.id ?? "";
    if (id === whose) return;
    whose = id;
    heard.clear();
    unread.value = 0;
    if (id) void count();
  });

  /** @param {{id: string}} notification a repeated one is no news */
  function told({ id }) {
    if (!session.user.peek() || heard.has(id)) return;
    heard.add(id);
    news.value += 1;
    void count();
  }
  for (const event of ["notification", "alert", "offer"]) connection.on(event, told);

  let before = connection.state.peek();
  effect(() => {
    const now = connection.state.value;
    if (now === "live" && before !== "live") void count();
    before = now;
  });
  const look = () => { if (document.visibilityState === "visible") void count(); };
  document.addEventListener("visibilitychange", look);
  addEventListener("focus", look);

  channel.addEventListener("message", ({ data }) => {
    const { user, unread: left, ids } = /** @type {Reading} */ (data);
    if (user !== session.user.peek()?.id) return;
    unread.value = left;
    news.value += 1;
    settled(ids);
  });

  /** @param {string[] | null} ids null: all @param {number} left */
  function learn(ids, left) {
    const user = session.user.peek()?.id;
    if (!user) return;
    unread.value = left;
    channel.postMessage({ user, unread: left, ids });
  }

  /**
   * Tell the server what was read, null for all; says whether it knows. Whoever has no account is known by the socket.
   *
   * @param {string[] | null} ids
   */
  async function read(ids) {
    if (!session.user.peek()) return (await connection.ask("notifications:read", { ids: ids ?? [] })).ok;
    const answer = await mine.post("/api/notifications/read", ids === null ? { all: true } : { ids }).catch(() => null);
    if (answer) learn(ids, answer.unread);
    return answer !== null;
  }

  return {
    unread,
    news,
    read,

    /** Hear what was read in another tab. @param {(ids: string[] | null) => void} listener */
    settle(listener) {
      settled = listener;
    },
  };
}

/** @typedef {ReturnType<typeof createInbox>} Inbox */
