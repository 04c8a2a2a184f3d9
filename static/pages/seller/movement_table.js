import { html } from "htm/preact";
import { useLive } from "../../components/live_context.js";
import { Empty } from "../../components/states.js";
import { Tag } from "../../components/status.js";
import { Table } from "../../components/table.js";
import { useStaying } from "./whose.js";
import { MOVES, sayExactly, sayWho, signed } from "./words.js";

/** @typedef {import("./types.js").Movement} Movement */

/** How each kind is tinted. @type {Record<string, "in" | "low" | "held" | "out" | "wrong">} */
const TONES = { restock: "in", return: "in", purchase: "held", adjustment: "low", hold: "out", release: "out", expire: "out" };

/** Of all products together only what is on hand is told. @type {import("../../components/table.js").Column<Movement>} */
const HELD = { title: "Held", numeric: true, cell: ({ old_held: old, new_held: now }) => html`<${Turn} old=${old} now=${now} />` };

/**
 * Movements, newest first.
 *
 * @param {{caption: string, rows: Movement[], named?: (id: string) => string | undefined, filtered: boolean}} props `named`: what
 *   each product is called, where they are of several
 */
export function MovementTable({ caption, rows, named, filtered }) {
  const { session } = useLive();
  const me = session.user.value?.id;
  const staying = useStaying();
  if (rows.length === 0) {
    return html`<${Empty} title="Nothing moved."><p>${filtered ? "Not of this kind, in this time. Try another." : "Deliveries, counts and sales show up here by themselves."}</p><//>`;
  }
  /** @type {import("../../components/table.js").Column<Movement>[]} */
  const columns = [
    { title: "When", head: true, cell: ({ timestamp }) => html`<time class="figures move-when" dateTime=${timestamp}>${sayExactly(timestamp)}</time>` },
    ...(named ? [product(named, staying)] : []),
    { title: "What", cell: ({ change_type: kind }) => html`<${Tag} tone=${TONES[kind] ?? "out"}>${MOVES[kind] ?? kind}<//>` },
    { title: "On hand", numeric: true, cell: ({ old_stock: old, new_stock: now }) => html`<${Turn} old=${old} now=${now} />` },
    ...(named ? [] : [HELD]),
    { title: "By", words: true, cell: ({ by }) => sayWho(by, me) },
    { title: "Why", words: true, cell: ({ reason }) => (reason ? html`<span class="move-why">${reason}</span>` : html`<span class="soft move-none">–</span>`) },
  ];
  return html`<div class="moves"><${Table} caption=${caption} columns=${columns} rows=${rows} rowKey=${keyOf} /></div>`;
}

/** @param {(id: string) => string | undefined} named @param {string} staying @returns {import("../../components/table.js").Column<Movement>} */
function product(named, staying) {
  return { title: "Product", words: true, cell: ({ product_id: id }) => html`<a class="move-product" href=${`/seller/products/${id}/stock${staying}`}>${named(id) ?? "…"}</a>` };
}

/** @param {Movement} row */
function keyOf({ product_id: id, version }) {
  return `${id}.${version}`;
}

/** @param {{old: number, now: number}} props */
function Turn({ old, now }) {
  if (old === now) return html`<span class="soft">${now}</span>`;
  return html`<span class="move-turn"><span class="move-delta" data-up=${now > old ? "" : null}>${signed(now - old)}</span> <strong>${now}</strong></span>`;
}
