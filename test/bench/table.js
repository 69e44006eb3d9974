/**
 * A row of the result.
 *
 * @typedef {object} Row
 * @property {string} what is measured
 * @property {string} comparedWith
 * @property {string} measured with its unit, such as `0.91 times`
 * @property {string} target
 * @property {boolean} [isMet] absent for what is only told, and for what could not be measured
 * @property {unknown} [details] the figures behind it
 */

/** @param {Row} row */
export function judge({ isMet }) {
  if (isMet === undefined) return '-'
  return isMet ? 'met' : 'MISSED'
}

/** Shows a row as soon as it is there: the whole takes many minutes. */
export function printRow(row) {
  console.log(`${judge(row).padEnd(6)}  ${row.what}: ${row.measured} (${row.target})`)
}

/** @param {readonly Row[]} rows */
export function printTable(rows) {
  const head = ['What', 'Compared with', 'Measured', 'Target', '']
  const cells = [head, ...rows.map((row) => [row.what, row.comparedWith, row.measured, row.target, judge(row)])]
  const widths = head.map((_, column) => Math.max(...cells.map((line) => line[column].length)))
  for (const line of cells)
    console.log(
      line
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    )
}
