import { html } from "htm/preact";

/**
 * A table, drawn as one card per row where the window is narrow.
 *
 * @template T
 * @typedef {{title: string, cell: (row: T) => import("preact").ComponentChildren, numeric?: boolean, head?: boolean,
 *   words?: boolean, quiet?: boolean}} Column `head`: names the row; `words`: people's own, so a word may be longer than
 *   its column and is broken; `quiet`: its title is for screen readers only (buttons, pictures)
 */

/**
 * @template T
 * @param {{caption: string, columns: Column<T>[], rows: T[], rowKey: (row: T) => string,
 *   rowProps?: (row: T) => Record<string, unknown>}} props `caption` is for screen readers: the heading above says it to others
 */
export function Table({ caption, columns, rows, rowKey, rowProps }) {
  return html`<div class="table-box" role="region" aria-label=${caption} tabindex="0"><table class="table">
    <caption class="unseen">${caption}</caption>
    <thead><tr>${columns.map(({ title, numeric, quiet }) => html`<th key=${title} scope="col" class=${numeric ? "table-number" : null}>
      ${quiet ? html`<span class="unseen">${title}</span>` : title}
    </th>`)}</tr></thead>
    <tbody>${rows.map((row) => html`<tr key=${rowKey(row)} ...${rowProps?.(row)}>
      ${columns.map((column) => cell(column, row))}
    </tr>`)}</tbody>
  </table></div>`;
}

/** @param {Column<any>} column @param {any} row */
function cell({ title, cell: draw, numeric, words, head, quiet }, row) {
  const about = { key: title, class: numeric ? "table-number figures" : words ? "table-words" : null, "data-title": quiet || head ? null : title };
  return head ? html`<th scope="row" ...${about}>${draw(row)}</th>` : html`<td ...${about}>${draw(row)}</td>`;
}
