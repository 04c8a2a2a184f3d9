/**
 * @typedef {{name: string, ok: boolean, failures: number, last_error: string | null, seconds_since_beat: number | null}} Worker
 *
 * @typedef {{id: string, host: string, pid: number, number: number | null, started_at: string, seconds_since_beat: number,
 *   stream_lag_seconds: number, ok: boolean, workers: Worker[]}} Process
 *
 * @typedef {{ok: false, reason: string}} Unread
 *
 * @typedef {{at: string, ok: boolean, processes: {ok: boolean, items: Process[]} | Unread,
 *   database: {ok: true, primary: string | null} | Unread, stream: {ok: boolean, lag_seconds: number | null} | Unread,
 *   mail_server: {ok: true, configured: boolean} | Unread}} Health
 */

export {};
