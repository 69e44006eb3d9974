import { formatSize } from '../content/size.js'
import { countOf } from './text.js'
import type { ProgressSnapshot } from '../run/progress.js'

/** One line that says where a run stands: `12/40 steps, 3.0 MiB of 20 MiB, 2.5 MiB/s, 1 failed`. */
export function describeProgress(snapshot: ProgressSnapshot, elapsedMs: number): string {
  const { stepsDone, stepsFailed, stepsTotal, bytesDone, bytesTotal, retries } = snapshot
  const parts = [stepsTotal > 0 ? `${stepsDone}/${Math.max(stepsDone, stepsTotal)} steps` : `${stepsDone} steps`]
  if (bytesTotal > 0) parts.push(`${formatSize(Math.max(0, bytesDone))} of ${formatSize(bytesTotal)}`)
  if (bytesDone > 0 && elapsedMs > 500) parts.push(`${formatSize((bytesDone / elapsedMs) * 1000)}/s`)
  if (retries > 0) parts.push(countOf(retries, 'retry', 'retries'))
  if (stepsFailed > 0) parts.push(`${stepsFailed} failed`)
  return parts.join(', ')
}
