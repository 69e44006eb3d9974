import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { REPORT_FORMAT } from '../../../src/lib/report/document/model.js'
import { REPORT_SCHEMA } from '../../../src/lib/report/document/schema.js'
import { REPORT_EXTENSIONS } from '../../../src/lib/report/document/write-reports.js'

const ROOT = path.resolve(import.meta.dirname, '../../..')
const docs = readFileSync(path.join(ROOT, 'docs/report-format.md'), 'utf8')

/** The first cells of a table's rows, which are code. */
function firstCells(section: string): string[] {
  const [, text = ''] = docs.split(section)
  const [table = ''] = /\|[^]*?(?=\n\n)/.exec(text) ?? []
  return [...table.matchAll(/^\| `([^`]+)`/gm)].map(([, cell = '']) => cell)
}

describe('docs/report-format.md', () => {
  it('describes every form, every field of a report, and every entry of a journal', () => {
    expect(docs).toContain(`\`${REPORT_FORMAT}\``)
    expect(firstCells('## Reports').sort()).toEqual([...REPORT_EXTENSIONS].sort())
    const fields = Object.keys(REPORT_SCHEMA['properties'] as object).filter((field) => field !== 'format')
    expect(firstCells('### JSON').sort()).toEqual(fields.sort())
    const entries = readFileSync(path.join(ROOT, 'src/lib/run/journal/entries.ts'), 'utf8')
    const [, union = ''] = /export type JournalEntry =([^]*?)\n\n/.exec(entries) ?? []
    const types = [...union.matchAll(/type: '(\w+)'/g)].map(([, type = '']) => type)
    expect(types.length).toBeGreaterThan(5)
    expect(firstCells('## Journals').sort()).toEqual(types.sort())
  })
})
