import { describe, expect, it } from 'vitest'
import { formatHtml } from '../../../src/lib/report/document/formats/html.js'
import { formatJson } from '../../../src/lib/report/document/formats/json.js'
import { formatJunit } from '../../../src/lib/report/document/formats/junit.js'
import { formatMarkdown } from '../../../src/lib/report/document/formats/markdown.js'
import { findMismatch } from '../../../src/lib/report/document/read-document.js'
import { parseXml } from '../../support/parse-xml.js'
import { documentOf, HOSTILE, inputOf } from './documents.js'

const hostile = documentOf(HOSTILE)
/** What takes effect on a terminal, or turns text around. */
const EFFECTIVE = /[^\P{Cc}\n]|\p{Cf}|\p{Zl}|\p{Zp}/u

describe('a report as JSON', () => {
  it('has every name as it is, and nothing that takes effect where it is shown', () => {
    const text = formatJson(hostile)
    expect(text).not.toMatch(EFFECTIVE)
    expect(JSON.parse(text)).toEqual(hostile)
  })

  it('fits its schema, which refuses what is none', () => {
    expect(findMismatch(JSON.parse(formatJson(hostile)))).toBeUndefined()
    expect(findMismatch({ ...hostile, format: 'bailo-exp-report/2' })).toContain('/format')
    expect(findMismatch({ ...hostile, more: 1 })).toContain('additional properties')
    expect(findMismatch({ ...hostile, run: { ...hostile.run, startedAt: 'yesterday' } })).toContain('/run/startedAt')
    const [steps] = hostile.steps
    const damaged = { ...steps, latency: { ...steps?.latency, histogram: 'HISTFAAAACJ4nJNpmSzM' } }
    expect(findMismatch({ ...hostile, steps: [damaged] })).toContain('the histogram of "file" cannot be read')
    const miscounted = { ...steps, latency: { ...steps?.latency, count: 31 } }
    expect(findMismatch({ ...hostile, steps: [miscounted] })).toContain('30 times instead of 31')
    const buckets = [{ ...hostile.timeline.buckets[0], latency: damaged.latency }]
    const inTimeline = { ...hostile, timeline: { ...hostile.timeline, buckets } }
    expect(findMismatch(inTimeline)).toContain('the histogram of bucket 0 cannot be read')
    expect(findMismatch(null)).toBeDefined()
  })

  it('names only the first of very many findings, and counts them all', () => {
    const findings = Array.from({ length: 1000 }, (_, index) => ({ subject: `file ${index}`, message: 'is gone' }))
    const { findings: excerpt } = documentOf('x', { findings })
    expect([excerpt.count, excerpt.first.length]).toEqual([1000, 500])
  })
})

describe('a report as a page', () => {
  it('names the command that goes on only where steps are left', async () => {
    const goesOn = 'To do the rest: <code>bailo-exp scanners --resume x</code>'
    const { run } = inputOf('x')
    const withoutFailures = { run: { ...run, failed: [] } }
    expect(await formatHtml(documentOf('x'))).toContain(goesOn)
    expect(await formatHtml(documentOf('x', { ...withoutFailures, exitCode: 130 }))).toContain(goesOn)
    expect(await formatHtml(documentOf('x', { ...withoutFailures, exitCode: 1 }))).not.toContain('To do the rest')
  })
})

describe('a report as JUnit XML', () => {
  it('is well-formed, whatever it is given', () => {
    const elements = parseXml(formatJunit(hostile))
    // The verdict, the step that failed, and the finding.
    expect(elements.filter(({ name }) => name === 'failure')).toHaveLength(3)
    expect(formatJunit(hostile)).not.toMatch(EFFECTIVE)
  })

  it('has a test for the verdict, each kind of step, each failed step and each finding, and counts them', () => {
    const elements = parseXml(formatJunit(documentOf('x')))
    const names = elements.filter(({ name }) => name === 'testcase').map(({ attributes }) => attributes['name'])
    expect(names).toEqual(['verdict', 'steps: file', 'step: file x 2', 'finding 1: x'])
    for (const index of [0, 1]) {
      expect(elements[index]?.attributes).toMatchObject({ tests: '4', failures: '3', errors: '0' })
    }
  })

  it('is green when the run passed, also where steps that failed were allowed', () => {
    const elements = parseXml(formatJunit(documentOf('x', { exitCode: 0, findings: [] })))
    expect(elements.filter(({ name }) => name === 'failure')).toEqual([])
    expect(elements[0]?.attributes['failures']).toBe('0')
  })
})

describe('a report as Markdown', () => {
  it('keeps every row in its columns, and nothing in it is markup', () => {
    const text = formatMarkdown(hostile)
    // Keeps names from calling anybody.
    expect(text.replaceAll('@\u2060', '@')).not.toMatch(EFFECTIVE)
    const tables = text.split('\n\n').filter((block) => block.startsWith('|'))
    expect(tables.length).toBeGreaterThanOrEqual(5)
    for (const table of tables) {
      const widths = table.split('\n').map((row) => row.split(/(?<!\\)\|/).length)
      expect(new Set(widths).size).toBe(1)
    }
    const prose = text
      .replace(/<details><summary>[A-Z][a-z ]+<\/summary>|<\/details>/g, '')
      .replace(/(?<!`)(`+)(?!`)[^]*?[^`]\1(?!`)/g, '')
    expect(prose).not.toMatch(/(?<!\\)[<>*_[\]`]/)
    expect(prose).not.toContain('@everyone')
  })

  it('stays below what GitHub takes as a summary, however much was found', () => {
    const findings = Array.from({ length: 1000 }, (_, index) => ({ subject: `${index}`, message: 'x'.repeat(2000) }))
    const text = formatMarkdown(documentOf('x', { findings }))
    expect(text).toContain('- and 950 more')
    expect(Buffer.byteLength(text)).toBeLessThan(1024 * 1024)
  })
})

describe('a report as HTML', () => {
  it('lets no name end an element, and embeds none in a script', async () => {
    const text = await formatHtml(hostile)
    expect(text.match(/<script[ >]/g)).toHaveLength(3)
    expect(text.match(/<\/script>/g)).toHaveLength(3)
    expect(text).not.toContain('<img')
    const [, data = ''] = /<script type="application\/json" id="charts">(.*?)<\/script>/s.exec(text) ?? []
    expect(data).not.toMatch(/[<>&]/)
    const withoutScripts = text.replace(/<script>[^]*?<\/script>|<style>[^]*?<\/style>/g, '')
    expect(withoutScripts).not.toMatch(EFFECTIVE)
    expect(withoutScripts).toContain('\\u{202e}gnp.exe')
  })

  it('carries the licence of the library in it, and names no address that anything is loaded from', async () => {
    const text = await formatHtml(documentOf('x'))
    expect(text).toMatch(/The MIT License[^]*Copyright \(c\)[^]*WITHOUT WARRANTY OF ANY KIND/)
    expect(text).not.toMatch(/(src|href|action)=|@import|url\(/)
  })
})
