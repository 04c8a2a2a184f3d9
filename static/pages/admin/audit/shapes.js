/**
 * @typedef {{check: string, proves: string, examined: Record<string, number>, total: number, unlisted: number,
 *   findings: {document: string, message: string}[]}} Check
 *
 * @typedef {{ok: boolean, at: string | null, finished_at: string, seconds: number, total: number, checks: Check[],
 *   error: string | null}} Outcome
 *
 * @typedef {{running: boolean, running_since: string | null, last: Outcome | null}} AuditState
 */

export {};
