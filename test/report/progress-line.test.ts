import { describe, expect, it } from 'vitest'
import { describeProgress, describeTransfer } from '../../src/lib/report/progress-line.js'
import { ProgressPace } from '../../src/lib/report/progress-pace.js'
import type { ProgressSnapshot } from '../../src/lib/run/progress.js'

const MIB = 2 ** 20
const START: ProgressSnapshot = {
  stepsDone: 0,
  stepsFailed: 0,
  stepsTotal: 0,
  bytesDone: 0,
  bytesTotal: 0,
  retries: 0,
  running: () => [],
}

/** What is said after so long, of a run of which nothing was seen in between. */
function describeAfter(elapsedMs: number, snapshot: Partial<ProgressSnapshot>): string {
  const whole = { ...START, ...snapshot }
  return describeProgress(whole, new ProgressPace(0).read(whole, elapsedMs))
}

it.each<[string, Partial<ProgressSnapshot>, number, string]>([
  ['nothing', {}, 0, '0 steps'],
  ['a plan without bytes', { stepsDone: 3, stepsTotal: 10 }, 4000, '3/10 steps, 10 s left'],
  ['many steps without bytes', { stepsDone: 300, stepsTotal: 1000 }, 2000, '300/1000 steps, 150/s'],
  ['more steps than planned', { stepsDone: 11, stepsTotal: 10 }, 20_000, '11/11 steps'],
  [
    'all there is',
    { stepsDone: 12, stepsTotal: 40, bytesDone: 3 * MIB, bytesTotal: 20 * MIB, retries: 2, stepsFailed: 1 },
    2000,
    '12/40 steps, 3 MiB of 20 MiB, 1.5 MiB/s, 1 failed, 2 retries',
  ],
  [
    'the time that the rest takes, once that can be told',
    { stepsDone: 1, stepsTotal: 4, bytesDone: 5 * MIB, bytesTotal: 20 * MIB },
    4000,
    '1/4 steps, 5 MiB of 20 MiB, 1.3 MiB/s, 12 s left',
  ],
  [
    'a long time',
    { stepsDone: 1, stepsTotal: 4, bytesDone: 5 * MIB, bytesTotal: 200 * MIB },
    4000,
    '1/4 steps, 5 MiB of 200 MiB, 1.3 MiB/s, 2 min 36 s left',
  ],
  ['one retry, and why', { retries: 1, lastRetry: 'status 503' }, 1000, '0 steps, 1 retry (status 503)'],
  ['too little time for a rate', { bytesDone: MIB, bytesTotal: 2 * MIB }, 400, '0 steps, 1 MiB of 2 MiB'],
  ['bytes without a total', { bytesDone: MIB }, 1000, '0 steps, 1 MiB/s'],
  ['bytes all taken back', { bytesDone: -5, bytesTotal: MIB }, 1000, '0 steps, 0 B of 1 MiB'],
  [
    'what is waited for',
    { stepsDone: 4, stepsTotal: 4, bytesDone: MIB, bytesTotal: MIB, waiting: 'Scanners are still at 3 files' },
    9000,
    '4/4 steps. Scanners are still at 3 files',
  ],
])('describes %s', (_case, snapshot, elapsedMs, line) => {
  expect(describeAfter(elapsedMs, snapshot)).toBe(line)
})

describe('the pace', () => {
  it('is that of lately, not of the whole run', () => {
    const pace = new ProgressPace(0)
    const snapshot = { ...START, bytesTotal: 1000 * MIB }
    for (let second = 1; second <= 20; second++) pace.note({ ...snapshot, bytesDone: second * 10 * MIB }, second * 1000)
    for (let second = 21; second <= 40; second++) {
      pace.note({ ...snapshot, bytesDone: (180 + second) * MIB }, second * 1000)
    }
    const { bytesPerSecond, leftMs } = pace.read({ ...snapshot, bytesDone: 220 * MIB }, 40_000)
    expect(bytesPerSecond).toBe(MIB)
    expect(leftMs).toBe(780_000)
  })

  it('is none while nothing comes, nor is there an end then', () => {
    const pace = new ProgressPace(0)
    const snapshot = { ...START, bytesTotal: 10 * MIB, bytesDone: 5 * MIB }
    for (let second = 1; second <= 30; second++) pace.note(snapshot, second * 1000)
    expect(pace.read(snapshot, 30_000)).toEqual({
      bytesPerSecond: undefined,
      stepsPerSecond: undefined,
      leftMs: undefined,
    })
  })
})

it('describes a transfer in the columns that there are, figures first', () => {
  const layer = `layer some-model-ab12cd/server@sha256:${'0123456789abcdef'.repeat(4)}`
  const transfer = { key: layer, bytesDone: MIB, bytesTotal: 3 * MIB }
  expect(describeTransfer(transfer, 100)).toBe('1 MiB of 3 MiB        layer server@sha256:0123456789ab')
  const short = describeTransfer(transfer, 50)
  expect(short).toMatch(/^1 MiB of 3 MiB {8}layer server.*\.\.\..*6789ab$/)
  expect(short).toHaveLength(50)
  const file = { key: 'file 6b0aab54669c6da3e8f7890c weights.bin', bytesDone: 0, bytesTotal: 10 }
  expect(describeTransfer(file, 60)).toBe('0 B of 10 B           file weights.bin')
})
