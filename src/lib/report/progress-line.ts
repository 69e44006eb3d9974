import { formatSize } from '../content/size.js'
import { showServerText } from '../http/server-text.js'
import type { ProgressSnapshot, RunningStep } from '../run/progress.js'
import type { Pace } from './progress-pace.js'
import { countOf, formatDuration, shorten } from './text.js'

/** One line that says where a run stands: `12/40 steps, 3.0 MiB of 20 MiB, 2.5 MiB/s, 7 s left, 1 failed`. */
export function describeProgress(snapshot: ProgressSnapshot, { stepsPerSecond, bytesPerSecond, leftMs }: Pace): string {
  const { stepsDone, stepsFailed, stepsTotal, bytesDone, bytesTotal, retries, lastRetry, waiting } = snapshot
  const steps = stepsTotal > 0 ? `${stepsDone}/${Math.max(stepsDone, stepsTotal)} steps` : `${stepsDone} steps`
  if (waiting !== undefined) return `${steps}. ${showServerText(waiting)}`
  const parts = [steps]
  if (bytesTotal > 0) parts.push(`${formatSize(Math.max(0, bytesDone))} of ${formatSize(bytesTotal)}`)
  if (bytesPerSecond !== undefined) parts.push(`${formatSize(bytesPerSecond)}/s`)
  else if (bytesTotal === 0 && stepsPerSecond !== undefined && stepsPerSecond >= 1)
    parts.push(`${Math.round(stepsPerSecond)}/s`)
  if (leftMs !== undefined) parts.push(`${describeRest(leftMs)} left`)
  if (stepsFailed > 0) parts.push(`${stepsFailed} failed`)
  if (retries > 0)
    parts.push(`${countOf(retries, 'retry', 'retries')}${lastRetry === undefined ? '' : ` (${lastRetry})`}`)
  return parts.join(', ')
}

/** Whole seconds, because it is a guess. */
function describeRest(ms: number): string {
  const seconds = Math.ceil(ms / 1000)
  return seconds < 60 ? `${seconds} s` : formatDuration(seconds * 1000)
}

/** The state of one transfer in so many columns, figures first: `3 MiB of 20 MiB  file weights.bin`. */
export function describeTransfer({ key, bytesDone, bytesTotal }: RunningStep, columns: number): string {
  const padding = columns < ALIGNED_COLUMNS ? 0 : FIGURE_COLUMNS
  const figures = `${formatSize(Math.max(0, bytesDone))} of ${formatSize(bytesTotal)}`.padEnd(padding)
  const name = showServerText(key)
    .replace(/^file [0-9a-f]{24} /, 'file ')
    .replace(/^layer [^/]+\//, 'layer ')
    .replace(/(sha256:[0-9a-f]{12})[0-9a-f]{52}/, '$1')
  return `${figures}  ${shorten(name, Math.max(MIN_NAME_COLUMNS, columns - figures.length - 2))}`
}

/** Such as `1003.2 KiB of 1003.2 KiB` seldom are: names stand below each other without them. */
const FIGURE_COLUMNS = 20
/** Narrower lines have no room for that. */
const ALIGNED_COLUMNS = 50
const MIN_NAME_COLUMNS = 12
