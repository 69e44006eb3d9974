import { describe, expect, it } from 'vitest'
import { UsageError } from '../../src/lib/errors.js'
import { checkUploads, countLeftovers } from '../../src/lib/experiments/concurrent-file-uploads/check.js'
import {
  filePrefix,
  isOwnFile,
  parseRamp,
  planUploads,
} from '../../src/lib/experiments/concurrent-file-uploads/plan.js'
import type { RampStep } from '../../src/lib/experiments/concurrent-file-uploads/ramp-step.js'
import {
  checkThresholds,
  parseFailureLimit,
  writeFailureLimit,
} from '../../src/lib/experiments/concurrent-file-uploads/thresholds.js'
import { Run } from '../../src/lib/run/run.js'

function step(done: number, failed: number, p95?: number, concurrency = 8): RampStep {
  const latencyMs = p95 === undefined ? undefined : { p50: p95, p95, p99: p95, max: p95 }
  const measured = { bytes: 0, durationMs: 1, bytesPerSecond: 0, ...(latencyMs && { latencyMs }) }
  return { concurrency, done, skipped: 0, failed, ...measured }
}

describe('parseRamp', () => {
  it.each([
    ['8', [8]],
    ['1,2,4,8', [1, 2, 4, 8]],
    [' 8, 1 ,8', [8, 1, 8]],
    ['256', [256]],
  ])('reads %j', (text, steps) => {
    expect(parseRamp(text)).toEqual(steps)
  })

  it.each(['', ',', '0', '1,0', '1,,2', '1,2,', '257', '-1', '1.5', '1;2', 'many', '1e2', '0x10'])(
    'refuses %j',
    (text) => {
      expect(() => parseRamp(text)).toThrow(UsageError)
    },
  )
})

/** A run that four processes make, of which this is the second; alone it makes everything. */
function runOf(runId: string, count = 1, index = 1): Run {
  return new Run({ concurrency: 1, isDryRun: false, share: { shard: { index, count }, runId, patienceMs: 0 } })
}

describe('planUploads', () => {
  it('divides the files among shards, each to one', () => {
    const plan = (index: number) =>
      [...planUploads(runOf('aaaa', 4, index), 1, { count: 40, sizeBytes: 5 })].map(({ name }) => name)
    const shares = [1, 2, 3, 4].map(plan)
    expect(shares.every((share) => share.length > 0)).toBe(true)
    expect(shares.flat().toSorted()).toEqual(
      [...planUploads(runOf('aaaa'), 1, { count: 40, sizeBytes: 5 })].map(({ name }) => name),
    )
    expect(shares[0]?.every((name) => isOwnFile(runOf('aaaa', 4, 1), name))).toBe(true)
    expect(shares[0]?.some((name) => isOwnFile(runOf('aaaa', 4, 2), name) || isOwnFile(runOf('bbbb'), name))).toBe(
      false,
    )
  })

  it('plans files whose names are those of the run, and whose bytes are those of any run', () => {
    const plan = (runId: string, stepNumber: number) => [
      ...planUploads(runOf(runId), stepNumber, { count: 12, sizeBytes: 5 }),
    ]
    const [first, other, later] = [plan('aaaa', 1), plan('bbbb', 1), plan('aaaa', 2)]
    expect(first.map(({ stableName }) => stableName)).toEqual(other.map(({ stableName }) => stableName))
    const all = [...first, ...other, ...later]
    expect(new Set(all.map(({ name }) => name)).size).toBe(36)
    expect(new Set([...first, ...later].map(({ stableName }) => stableName)).size).toBe(24)
    expect(first.every(({ name, sizeBytes }) => name.startsWith(filePrefix('aaaa')) && sizeBytes === 5)).toBe(true)
  })
})

describe('parseFailureLimit', () => {
  it.each([
    ['0', { amount: 0, unit: 'uploads' }],
    ['12', { amount: 12, unit: 'uploads' }],
    ['5%', { amount: 5, unit: 'percent' }],
    ['0.5%', { amount: 0.5, unit: 'percent' }],
    ['100%', { amount: 100, unit: 'percent' }],
  ] as const)('reads %j, and writes it the same', (text, limit) => {
    expect(parseFailureLimit(text)).toEqual(limit)
    expect(writeFailureLimit(limit)).toBe(text)
  })

  it.each(['', '%', '-1', '1.5', '101%', '100.1%', '5 %', '5pc', 'none', '1e2'])('refuses %j', (text) => {
    expect(() => parseFailureLimit(text)).toThrow(UsageError)
  })
})

describe('checkThresholds', () => {
  it.each([
    ['0', 6, 0, 0],
    ['0', 5, 1, 1],
    ['1', 5, 1, 0],
    ['1', 4, 2, 1],
    ['50%', 3, 3, 0],
    ['49.9%', 3, 3, 1],
    ['100%', 0, 6, 0],
    ['0%', 5, 1, 1],
  ])('with at most %s failures and %d done, %d failed gives %d findings', (limit, done, failed, findings) => {
    expect(checkThresholds([step(done, failed, 1)], { maxFailures: parseFailureLimit(limit) })).toHaveLength(findings)
  })

  it('counts the failures of all steps together', () => {
    const [finding] = checkThresholds([step(5, 1, 1), step(4, 2, 1)], { maxFailures: parseFailureLimit('2') })
    expect(finding?.subject).toBe('3 of 12 uploads')
  })

  it('looks at the time of each step', () => {
    const maxFailures = parseFailureLimit('100%')
    const steps = [step(6, 0, 500, 1), step(6, 0, 500.1, 2), step(0, 6, undefined, 4)]
    const findings = checkThresholds(steps, { maxFailures, maxP95Ms: 500 })
    expect(findings.map(({ subject, message }) => `${subject} ${message}`)).toEqual([
      'the 95th percentile at concurrency 2 is 500.1 ms, and --max-p95 allows 500 ms',
      'the 95th percentile at concurrency 4 is not known, because no upload was measured',
    ])
    expect(checkThresholds(steps, { maxFailures })).toEqual([])
  })
})

describe('the check at the end', () => {
  const uploaded = ['1', '2', '3', '4', '5'].map((fileId) => ({ fileId, name: `p-${fileId}` }))
  const listed = [
    { _id: '1', name: 'p-1', size: 5, complete: true },
    { _id: '2', name: 'p-2', size: 4 },
    { _id: '3', name: 'p-3', complete: false },
    { _id: '5', name: 'other', size: 5 },
    { _id: '6', name: 'p-6', size: 5 },
    { _id: '7', name: 'p-7', complete: false },
    { _id: '8', name: 'q-8', size: 5 },
  ]

  it('finds files that are not listed, are unfinished, or have another size or name', () => {
    expect(checkUploads(uploaded, 5, listed).map(({ subject, message }) => `${subject} ${message}`)).toEqual([
      'file p-2 has 4 instead of 5 bytes',
      'file p-3 is listed as unfinished although its upload succeeded',
      'file p-4 is not listed although its upload succeeded',
      'file p-5 is listed under another name, "other"',
    ])
  })

  it('counts what failed uploads of the run have left', () => {
    expect(countLeftovers(uploaded, listed, (name) => name.startsWith('p-'))).toBe(2)
  })
})
