/**
 * What sellers read of their own things.
 *
 * @typedef {{id: string, kind: "percent" | "amount", value: number, starts_at: string, ends_at: string}} Discount
 *
 * @typedef {import("../../live/types.js").Product & {sku: string | null, discounts: Discount[], disabled: boolean,
 *   disabled_reason: string | null, updated_at: string | null}} Own
 *
 * @typedef {{kind: "user" | "cart" | "system", id: string | null, name: string | null}} Actor
 *
 * @typedef {{product_id: string, version: number, change_type: string, old_stock: number, new_stock: number,
 *   old_held: number, new_held: number, reason: string, cause: string, timestamp: string, by: Actor}} Movement
 *
 * @typedef {{id: string, at: string, kind: string, reason: string, by: Actor,
 *   changed: {field: string, before: any, after: any}[]}} Change
 *
 * @typedef {{id: string, seller_id: string, format: string, dry_run: boolean, state: "receiving" | "checking" | "ready" | "running" | "done" | "failed" | "cancelled",
 *   cancelling: boolean, reason: string | null, rows: number, done: number, creates: number, changes: number, same: number,
 *   errors: number, created_at: string, finished_at: string | null, expires_at: string}} Import
 *
 * @typedef {{line: number, sku: string | null, action: "create" | "change" | "same" | "error" | null,
 *   changes: Record<string, [any, any]>, errors: {column: string | null, detail: string}[]}} Line
 */

export {};
