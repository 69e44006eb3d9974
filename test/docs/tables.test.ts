import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'

const ROOT = path.resolve(import.meta.dirname, '../..')
const pages = ['README.md', ...readdirSync(path.join(ROOT, 'docs')).map((name) => `docs/${name}`)]

/** How many cells a row has; within one a bar has a backslash before it, also in code. */
const countCells = (row: string): number => row.split(/(?<!\\)\|/).length - 2

it.each(pages.filter((page) => page.endsWith('.md')))(
  '%s has as many cells in each row of a table as in its head',
  (page) => {
    const tables = [...readFileSync(path.join(ROOT, page), 'utf8').matchAll(/^(?:\|.*\n)+/gm)].map(([table]) => table)
    const uneven = tables.flatMap((table) => {
      const [head = '', ...rows] = table.trimEnd().split('\n')
      return rows.filter((row) => countCells(row) !== countCells(head))
    })
    expect(uneven).toEqual([])
  },
)
