import { describe, expect, it } from 'vitest'
import type { ScanResult } from '../../src/lib/api/answers.js'
import { findFailures, listNotable, reportScanners } from '../../src/lib/experiments/scanners/scan-report.js'
import { ScanWatch } from '../../src/lib/experiments/scanners/scan-watch.js'

const AV = 'Clam AV'
const MS = 'ModelScan'
const MEBIBYTE = 2 ** 20

const result = (toolName: string, state: string, more: Partial<ScanResult> = {}): ScanResult => ({
  toolName,
  state,
  ...more,
})
const file = (id: string, sizeBytes = 1) => ({ id, name: `${id}.bin`, sizeBytes })
const listed = (id: string, ...scanResults: ScanResult[]) => ({ _id: id, name: `${id}.bin`, scanResults })

function statesOf(watch: ScanWatch): Record<string, string[]> {
  return Object.fromEntries(watch.results().map(({ id, scans }) => [id, scans.map(({ state }) => state)]))
}

describe('watching scans', () => {
  it('takes the time from the upload to the listing that shows an end, for each scanner', () => {
    const watch = new ScanWatch([AV, MS])
    watch.add(file('a'), 1000)
    watch.note([listed('a')], 1500)
    watch.note([listed('a', result(AV, 'inProgress'), result(MS, 'notScanned'))], 2000)
    watch.note([listed('a', result(AV, 'complete'), result(MS, 'inProgress'))], 3000)
    expect(watch.openCount).toBe(1)
    watch.note([listed('a', result(AV, 'complete'), result(MS, 'error'))], 4000)
    expect(watch.openCount).toBe(0)
    expect(watch.results()[0]?.scans).toEqual([
      { scanner: AV, state: 'clean', lastSeen: 'complete', afterMs: 2000, summary: [] },
      { scanner: MS, state: 'error', lastSeen: 'error', afterMs: 3000, summary: [] },
    ])
  })

  it('tells clean from bad by what was found', () => {
    const watch = new ScanWatch([AV])
    for (const id of ['bad', 'clean', 'skipped']) watch.add(file(id), 0)
    const summary = [{ severity: 'critical', vulnerabilityDescription: 'Eicar' }, {}]
    watch.note(
      [
        listed('bad', result(AV, 'complete', { summary })),
        listed('clean', result(AV, 'complete', { summary: [] })),
        listed('skipped', result(AV, 'skipped')),
      ],
      10,
    )
    expect(statesOf(watch)).toEqual({ bad: ['bad'], clean: ['clean'], skipped: ['skipped'] })
    expect(watch.results()[0]?.scans[0]?.summary).toEqual(['Eicar (critical)', 'something'])
  })

  it('waits for every scanner that the instance has, and takes in others', () => {
    const watch = new ScanWatch([AV, MS])
    watch.add(file('a'), 0)
    watch.note([listed('a', result('Other', 'complete'), result(AV, 'complete'))], 5)
    expect(watch.openCount).toBe(1)
    expect(statesOf(watch)).toEqual({ a: ['clean', 'unfinished', 'clean'] })
  })

  it('does not take a state that it does not know for an end', () => {
    const watch = new ScanWatch([AV])
    watch.add(file('a'), 0)
    watch.note([listed('a', result(AV, 'queued'))], 5)
    expect([watch.openCount, statesOf(watch)]).toEqual([1, { a: ['unfinished'] }])
  })

  it('does not wait for a file that is gone', () => {
    const watch = new ScanWatch([AV])
    watch.add(file('a'), 0)
    watch.note([], 5)
    expect(watch.openCount).toBe(0)
    expect(watch.results()[0]?.scans).toEqual([
      { scanner: AV, state: 'unfinished', summary: [], lastSeen: 'not listed any more' },
    ])
  })

  it('takes no result of before a rescan for its own', () => {
    const watch = new ScanWatch([AV, MS])
    const old = [result(AV, 'complete', { lastRunAt: 't1' }), result(MS, 'complete')]
    watch.add(file('a'), 0, old)
    watch.note([listed('a', ...old)], 5)
    expect(watch.openCount).toBe(1)
    // One shows that it ran again by its time, the other by having been at work.
    watch.note([listed('a', result(AV, 'complete', { lastRunAt: 't2' }), result(MS, 'inProgress'))], 10)
    watch.note([listed('a', result(AV, 'complete', { lastRunAt: 't2' }), result(MS, 'complete'))], 15)
    expect(watch.openCount).toBe(0)
    expect(watch.results()[0]?.scans.map(({ afterMs }) => afterMs)).toEqual([10, 15])
  })

  it('takes no times where nobody knows when the file came', () => {
    const watch = new ScanWatch([AV])
    watch.add(file('a'), undefined)
    watch.note([listed('a', result(AV, 'complete'))], 5)
    expect(watch.results()[0]?.scans[0]).not.toHaveProperty('afterMs')
  })
})

describe('the report', () => {
  const SIZES = [1, MEBIBYTE, MEBIBYTE + 1, 200 * MEBIBYTE]
  const RESULTS = [
    [result(AV, 'complete'), result(MS, 'skipped')],
    [result(AV, 'complete', { summary: [{ vulnerabilityDescription: 'Eicar' }] }), result(MS, 'skipped')],
    [result(AV, 'complete'), result(MS, 'error')],
    [result(AV, 'complete'), result(MS, 'inProgress')],
  ]
  const watch = new ScanWatch([AV, MS])
  SIZES.forEach((sizeBytes, index) => watch.add(file(String(index), sizeBytes), 0))
  // With each listing one more file has its results.
  for (let count = 1; count <= SIZES.length; count++) {
    const listing = SIZES.map((_, index) => listed(String(index), ...(index < count ? (RESULTS[index] ?? []) : [])))
    watch.note(listing, count * 100)
  }
  const versions = new Map([
    [AV, '1.2'],
    [MS, undefined],
  ])
  const reports = reportScanners(watch.results(), versions)

  it('counts states and takes percentiles per scanner', () => {
    expect(reports[0]).toEqual({
      scanner: AV,
      version: '1.2',
      files: 4,
      states: { clean: 3, bad: 1, skipped: 0, error: 0, unfinished: 0 },
      times: { count: 4, p50: 200, p95: 400, max: 400 },
      timesBySize: [
        { upToBytes: MEBIBYTE, count: 2, p50: 100, p95: 200, max: 200 },
        { upToBytes: 10 * MEBIBYTE, count: 1, p50: 300, p95: 300, max: 300 },
        { upToBytes: 1000 * MEBIBYTE, count: 1, p50: 400, p95: 400, max: 400 },
      ],
    })
    expect(reports[1]).toMatchObject({
      scanner: MS,
      states: { clean: 0, bad: 0, skipped: 2, error: 1, unfinished: 1 },
      times: { count: 3, max: 300 },
    })
    expect(reports[1]).not.toHaveProperty('version')
  })

  it('has a scanner that said nothing of any file', () => {
    const silent = new ScanWatch([AV])
    silent.add(file('a'), 0)
    const [report] = reportScanners(silent.results(), new Map([[AV, 'v']]))
    expect(report).toMatchObject({ files: 1, states: { unfinished: 1 }, timesBySize: [] })
    expect(report).not.toHaveProperty('times')
  })

  it('has a row for each file that was found bad, failed or never finished, the bad ones first', () => {
    const notable = listNotable(watch.results())
    expect(notable.map(({ name, scanner, state }) => [name, scanner, state])).toEqual([
      ['1.bin', AV, 'bad'],
      ['2.bin', MS, 'error'],
      ['3.bin', MS, 'unfinished'],
    ])
    expect(findFailures(notable, new Set(['error'])).map(({ subject, message }) => `${subject} ${message}`)).toEqual([
      'file 2.bin could not be scanned by ModelScan, which ended with an error',
    ])
    expect(findFailures(notable, new Set())).toEqual([])
    expect(findFailures(notable, new Set(['bad', 'unfinished'])).map(({ message }) => message)).toEqual([
      'was found bad by Clam AV: Eicar',
      'has no result of ModelScan (inProgress)',
    ])
  })
})
