import { expect, it } from 'vitest'
import { describeProgress } from '../../src/lib/report/progress-line.js'
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

it.each<[string, Partial<ProgressSnapshot>, number, string]>([
  ['nothing', {}, 0, '0 steps'],
  ['a plan without bytes', { stepsDone: 3, stepsTotal: 10 }, 1000, '3/10 steps'],
  ['more steps than planned', { stepsDone: 11, stepsTotal: 10 }, 1000, '11/11 steps'],
  [
    'all there is',
    { stepsDone: 12, stepsTotal: 40, bytesDone: 3 * MIB, bytesTotal: 20 * MIB, retries: 2, stepsFailed: 1 },
    2000,
    '12/40 steps, 3 MiB of 20 MiB, 1.5 MiB/s, 2 retries, 1 failed',
  ],
  [
    'the time that the rest takes, once that can be told',
    { stepsDone: 1, stepsTotal: 4, bytesDone: 5 * MIB, bytesTotal: 20 * MIB },
    4000,
    '1/4 steps, 5 MiB of 20 MiB, 1.3 MiB/s, 12s left',
  ],
  ['one retry', { retries: 1 }, 1000, '0 steps, 1 retry'],
  ['too little time for a rate', { bytesDone: MIB, bytesTotal: 2 * MIB }, 500, '0 steps, 1 MiB of 2 MiB'],
  ['bytes without a total', { bytesDone: MIB }, 1000, '0 steps, 1 MiB/s'],
  ['bytes all taken back', { bytesDone: -5, bytesTotal: MIB }, 1000, '0 steps, 0 B of 1 MiB'],
])('describes %s', (_case, snapshot, elapsedMs, line) => {
  expect(describeProgress({ ...START, ...snapshot }, elapsedMs)).toBe(line)
})
