import { UsageError } from '../../errors.js'
import type { Finding } from '../result.js'
import type { RampStep } from './ramp-step.js'

/** How many uploads may fail: a number of them, or a share. */
export interface FailureLimit {
  readonly amount: number
  readonly unit: 'uploads' | 'percent'
}

/** What decides between exit code 0 and 1. */
export interface Thresholds {
  readonly maxFailures: FailureLimit
  /** For the uploads of each step of the ramp. Default: any time will do. */
  readonly maxP95Ms?: number | undefined
}

/**
 * Reads a limit such as `3` or `2.5%`.
 *
 * @throws UsageError for anything else, and for more than 100%
 */
export function parseFailureLimit(text: string): FailureLimit {
  const [, figure, percent] = /^(\d{1,9}(?:\.\d{1,9})?)(%?)$/.exec(text.trim()) ?? []
  const limit: FailureLimit = { amount: Number(figure), unit: percent === '%' ? 'percent' : 'uploads' }
  const isPossible = limit.unit === 'percent' ? limit.amount <= 100 : Number.isInteger(limit.amount)
  if (figure !== undefined && isPossible) return limit
  throw new UsageError(`${JSON.stringify(text.slice(0, 60))} is no number of failures.`, [
    'give a number of uploads, such as 3, or a share of them, such as 5%',
  ])
}

/** Writes a limit as {@link parseFailureLimit} reads it. */
export function writeFailureLimit({ amount, unit }: FailureLimit): string {
  return unit === 'percent' ? `${amount}%` : String(amount)
}

/** Says which thresholds were passed; none when all is well. */
export function checkThresholds(steps: readonly RampStep[], { maxFailures, maxP95Ms }: Thresholds): Finding[] {
  const findings: Finding[] = []
  const failed = steps.reduce((total, step) => total + step.failed, 0)
  const tried = steps.reduce((total, step) => total + step.done, failed)
  const allowed = maxFailures.unit === 'percent' ? (maxFailures.amount / 100) * tried : maxFailures.amount
  if (failed > allowed) {
    findings.push({
      subject: `${failed} of ${tried} uploads`,
      message: `failed, and --max-failures allows ${writeFailureLimit(maxFailures)}`,
      tryNext: 'a lower --concurrency, or see what the server says in its log',
    })
  }
  if (maxP95Ms === undefined) return findings
  for (const { concurrency, latencyMs } of steps) {
    if (latencyMs !== undefined && latencyMs.p95 <= maxP95Ms) continue
    findings.push({
      subject: `the 95th percentile at concurrency ${concurrency}`,
      message:
        latencyMs === undefined
          ? 'is not known, because no upload was measured'
          : `is ${latencyMs.p95} ms, and --max-p95 allows ${maxP95Ms} ms`,
      tryNext: 'a lower --concurrency or a smaller --size',
    })
  }
  return findings
}
