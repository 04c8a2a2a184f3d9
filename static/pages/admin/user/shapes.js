/**
 * @typedef {{id: string, device: string, address: string, created_at: string, last_used_at: string, expires_at: string}} Session
 *
 * @typedef {{id: string, at: string, kind: string, ok: boolean, user_id: string | null, actor_id: string | null,
 *   email: string | null, address: string | null, device: string | null, detail: Record<string, unknown>}} Event
 *
 * @typedef {import("../people.js").AdminUser & {sessions: Session[], sign_ins: Event[]}} Detail
 */

export {};
