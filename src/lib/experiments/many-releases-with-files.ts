import type { Fill } from '../content/lazy-stream.js'
import { UsageError } from '../errors.js'
import type { ExperimentContext } from './context.js'
import type { PlannedFile } from './ensure-files.js'
import {
  makeReleasesWithFiles,
  type ReleasesWithFilesOptions,
  type ReleasesWithFilesResult,
} from './releases-with-files/index.js'
import { contentTag, type ReleasePlan } from './releases-with-files/plan.js'

const EXPERIMENT = 'many-releases-with-files'

export interface ManyReleasesPlanOptions {
  /** Files; there is one release more. */
  readonly count: number
  /** The last file has 10 to the power of this, and a few bytes more. */
  readonly maxSizeExponent: number
  readonly seed: string
  readonly fill: Fill
}

export type ManyReleasesWithFilesOptions = ReleasesWithFilesOptions & ManyReleasesPlanOptions

/** What `many-releases-with-files --json` prints. */
export type ManyReleasesWithFilesResult = ReleasesWithFilesResult

/**
 * Plans files whose sizes grow exponentially, and releases with the first 0, 1, 2 ... of them.
 *
 * @throws UsageError when a file would be larger than a number can say exactly
 */
export function planManyReleases({ count, maxSizeExponent, seed, fill }: ManyReleasesPlanOptions): ReleasePlan {
  const tag = contentTag(seed, fill)
  const digits = String(count).length
  const files = Array.from({ length: count }, (_nothing, index): PlannedFile => {
    const number = index + 1
    return {
      name: `many-${String(number).padStart(digits, '0')}-of-${count}-${tag}.bin`,
      sizeBytes: Math.floor(10 ** ((maxSizeExponent * number) / count) + number),
    }
  })
  const { sizeBytes } = files.at(-1) ?? { sizeBytes: 0 }
  if (!Number.isSafeInteger(sizeBytes)) {
    throw new UsageError(
      `With --max-size-exponent ${maxSizeExponent} the last file would be larger than the largest size, 2^53 - 1 bytes.`,
      ['--max-size-exponent 15 or less'],
    )
  }
  const releases = Array.from({ length: count + 1 }, (_nothing, to) => ({
    name: `first ${to} of ${count} files`,
    notes: `The first ${to} of ${count} files, growing to 10^${maxSizeExponent} bytes. Made by bailo-exp ${EXPERIMENT} (${tag}).`,
    from: 0,
    to,
  }))
  return { files, releases }
}

/** Makes what {@link planManyReleases} plans, as {@link makeReleasesWithFiles} does. */
export async function manyReleasesWithFiles(
  context: ExperimentContext,
  options: ManyReleasesWithFilesOptions,
): Promise<ManyReleasesWithFilesResult> {
  return makeReleasesWithFiles(context, options, {
    experiment: EXPERIMENT,
    envKey: 'MANY_RELEASES_WITH_FILES_MODEL_ID',
    modelName: 'Many releases with files',
    plan: planManyReleases(options),
    countFlag: '--count',
  })
}
