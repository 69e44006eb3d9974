import { writeDuration } from '../content/duration.js'
import { formatSize } from '../content/size.js'
import { countOf } from './text.js'
import type { ProgressSnapshot, RunningStep } from '../run/progress.js'
import { showServerText } from '../http/server-text.js'

/** One line that says where a run stands: `12/40 steps, 3.0 MiB of 20 MiB, 2.5 MiB/s, 1 failed`. */
export function describeProgress(snapshot: ProgressSnapshot, elapsedMs: number): string {
  const { stepsDone, stepsFailed, stepsTotal, bytesDone, bytesTotal, retries } = snapshot
  const leftMs = estimateLeftMs(snapshot, elapsedMs)
  const parts = [stepsTotal > 0 ? `${stepsDone}/${Math.max(stepsDone, stepsTotal)} steps` : `${stepsDone} steps`]
  if (bytesTotal > 0) parts.push(`${formatSize(Math.max(0, bytesDone))} of ${formatSize(bytesTotal)}`)
  if (bytesDone > 0 && elapsedMs > 500) parts.push(`${formatSize((bytesDone / elapsedMs) * 1000)}/s`)
  if (leftMs !== undefined) parts.push(`${writeDuration(Math.ceil(leftMs / 1000) * 1000)} left`)
  if (retries > 0) parts.push(countOf(retries, 'retry', 'retries'))
  if (stepsFailed > 0) parts.push(`${stepsFailed} failed`)
  return parts.join(', ')
}

/** What is sent less long than this says little of how long the rest will take. */
const MIN_ELAPSED_MS = 3000

/** How long the rest takes if it goes on like this; undefined where nothing says so. */
function estimateLeftMs(
  { bytesDone, bytesTotal, stepsDone, stepsTotal }: ProgressSnapshot,
  elapsedMs: number,
): number | undefined {
  const [done, total] = bytesTotal > 0 ? [bytesDone, bytesTotal] : [stepsDone, stepsTotal]
  if (elapsedMs < MIN_ELAPSED_MS || done <= 0 || done >= total) return undefined
  return ((total - done) / done) * elapsedMs
}

/** The state of one transfer: `file weights.bin  3 MiB of 20 MiB`. */
export function describeTransfer({ key, bytesDone, bytesTotal }: RunningStep): string {
  return `${showServerText(key)}  ${formatSize(Math.max(0, bytesDone))} of ${formatSize(bytesTotal)}`
}
