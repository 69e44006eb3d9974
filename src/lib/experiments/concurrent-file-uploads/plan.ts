import { UsageError } from '../../errors.js'
import type { Run } from '../../run/run.js'
import { stepKey } from '../../run/step.js'
import { countOwned } from '../count-owned.js'
import type { PlannedFile } from '../ensure-files.js'

/** As many as `--concurrency` allows. */
const MAX_CONCURRENCY = 256

/**
 * Reads how concurrency is raised from step to step: `1,2,4,8`.
 *
 * @throws UsageError for anything but whole numbers from 1 to 256
 */
export function parseRamp(text: string): readonly number[] {
  const steps = text.split(',').map((step) => (/^\s*\d{1,9}\s*$/.test(step) ? Number(step) : NaN))
  if (steps.every((step) => step >= 1 && step <= MAX_CONCURRENCY)) return steps
  throw new UsageError(`${JSON.stringify(text.slice(0, 60))} is no ramp.`, [
    `give numbers of uploads at the same time, each from 1 to ${MAX_CONCURRENCY}: 1,2,4,8`,
  ])
}

/** How the files of a run begin, in a model that may have those of other runs. */
export function filePrefix(runId: string): string {
  return `concurrent-${runId}-`
}

/**
 * The files of one step of a ramp that this process uploads, one after the other. Their names are those of this run; their
 * bytes of any run.
 */
export function* planUploads(
  run: Run,
  stepNumber: number,
  { count, sizeBytes }: { readonly count: number; readonly sizeBytes: number },
): Generator<PlannedFile> {
  for (let number = 1; number <= count; number++) {
    const place = writePlace(stepNumber, number, count)
    if (ownsPlace(run, place))
      yield { name: `${filePrefix(run.id)}${place}`, stableName: stableNameOf(place), sizeBytes }
  }
}

/** How many files {@link planUploads} plans. */
export function countUploads(run: Run, stepNumber: number, count: number): number {
  return countOwned(run, count, (number) => keyOf(writePlace(stepNumber, number, count)))
}

/** Whether a file that is listed is one that this process uploads, or should have. */
export function isOwnFile(run: Run, name: string): boolean {
  const prefix = filePrefix(run.id)
  return name.startsWith(prefix) && ownsPlace(run, name.slice(prefix.length))
}

function writePlace(stepNumber: number, number: number, count: number): string {
  return `${stepNumber}-${String(number).padStart(String(count).length, '0')}-of-${count}.bin`
}

function ownsPlace(run: Run, place: string): boolean {
  return run.owns(keyOf(place))
}

function keyOf(place: string): string {
  return stepKey({ kind: 'file', name: stableNameOf(place) })
}

function stableNameOf(place: string): string {
  return `concurrent-${place}`
}
