/**
 * The dashboard's parts as they are on the wire; each is itself, or says why it cannot be had now.
 *
 * @typedef {{ok: false, reason: string}} Unread
 *
 * @typedef {{id: string, host: string, pid: number, number: number | null, started_at: string, seconds_since_beat: number,
 *   sockets: number, rss_bytes: number, cpu_percent: number, loop_lag_seconds: number, stream_lag_seconds: number,
 *   ledger_waiting: number}} ProcessFigures
 *
 * @typedef {{at: string, orders: number, units: number, revenue: number}} SalesPoint
 *
 * @typedef {{ok: true, currency: string, orders: number, units: number, revenue: number, series: SalesPoint[]}} Sales
 *
 * @typedef {{ok: true, pending: number, due: number, retried: number, dead: number, unsent: number,
 *   oldest_pending_seconds: number | null}} MailQueue
 *
 * @typedef {{id: string, name: string | null, units: number, revenue: number, orders?: number}} Top
 *
 * @typedef {{host: string, state: string, healthy: boolean | null, uptime_seconds: number | null, lag_seconds: number | null}} Member
 *
 * @typedef {{collection: string, command: string, count: number}} SlowCount
 *
 * @typedef {{collection: string, command: string, milliseconds: number, shape: string, at: string}} SlowCommand
 *
 * @typedef {{name: string, documents: number, data_bytes: number, storage_bytes: number, index_bytes: number}} Collection
 *
 * @typedef {{
 *   at: string,
 *   sockets: {ok: true, open: number} | Unread,
 *   carts: {ok: true, filled: number, units_held: number} | Unread,
 *   orders: {ok: true, per_minute: number} | Unread,
 *   mail: MailQueue | Unread,
 *   refusals: {ok: true, sockets: Record<string, number>, answers: Record<string, number>} | Unread,
 *   stream: {ok: true, lag_seconds: number | null} | Unread,
 *   processes: {ok: true, items: ProcessFigures[]} | Unread,
 *   users: {ok: true, by_role: Record<string, number>, total: number, new_today: number} | Unread,
 *   sales: Sales | Unread,
 *   top_products: {ok: true, currency: string, since: string, items: Top[],
 *     by_category: {category: string | null, units: number, revenue: number}[]} | Unread,
 *   top_sellers: {ok: true, currency: string, items: Top[]} | Unread,
 *   replica_set: {ok: true, name: string | null, members: Member[], note: string | null} | Unread,
 *   slow: {ok: true, total: number, counts: SlowCount[], latest: SlowCommand[]} | Unread,
 *   storage: {ok: true, documents: number, data_bytes: number, storage_bytes: number, index_bytes: number,
 *     collections: Collection[]} | Unread,
 * }} Dashboard
 */

export {};
