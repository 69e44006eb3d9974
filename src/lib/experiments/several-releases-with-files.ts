import type { Fill } from '../content/lazy-stream.js'
import { UsageError } from '../errors.js'
import type { ExperimentContext } from './context.js'
import type { PlannedFile } from './ensure-files.js'
import {
  makeReleasesWithFiles,
  type ReleasesWithFilesOptions,
  type ReleasesWithFilesResult,
} from './releases-with-files/index.js'
import { contentTag, type PlannedRelease, type ReleasePlan } from './releases-with-files/plan.js'

const EXPERIMENT = 'several-releases-with-files'
const MEBIBYTE = 1024 ** 2

/** More would be of no use: Bailo takes no release of even 2^12 files. All these powers of 2 divide all the totals. */
export const MAX_COUNT_EXPONENT = 16

export interface SeveralReleasesPlanOptions {
  /** Releases per total size: with 1, 2, 4 ... files, this many. From 1 to {@link MAX_COUNT_EXPONENT}. */
  readonly maxCountExponent: number
  /** Total sizes: 1 MiB, 10 MiB, 100 MiB ..., this many. */
  readonly maxSizeExponent: number
  readonly seed: string
  readonly fill: Fill
}

export type SeveralReleasesWithFilesOptions = ReleasesWithFilesOptions & SeveralReleasesPlanOptions

/** What `several-releases-with-files --json` prints. */
export type SeveralReleasesWithFilesResult = ReleasesWithFilesResult

/**
 * Plans, for each total size, releases of 1, 2, 4 ... files of their own that have this size together.
 *
 * @throws UsageError when a total would be larger than a number can say exactly
 */
export function planSeveralReleases(options: SeveralReleasesPlanOptions): ReleasePlan {
  const { maxCountExponent, maxSizeExponent } = options
  const tag = contentTag(options.seed, options.fill)
  const files: PlannedFile[] = []
  const releases: PlannedRelease[] = []
  for (let sizeExponent = 0; sizeExponent < maxSizeExponent; sizeExponent++) {
    const [total, totalBytes] = [`${10 ** sizeExponent}MiB`, 10 ** sizeExponent * MEBIBYTE]
    if (!Number.isSafeInteger(totalBytes)) {
      throw new UsageError(
        `With --max-size-exponent ${maxSizeExponent} a release would be larger than the largest size, 2^53 - 1 bytes.`,
        [`--max-size-exponent ${sizeExponent} or less`],
      )
    }
    for (let countExponent = 0; countExponent < maxCountExponent; countExponent++) {
      const count = 2 ** countExponent
      const digits = String(count).length
      const from = files.length
      for (let number = 1; number <= count; number++) {
        const place = String(number).padStart(digits, '0')
        files.push({ name: `several-${total}-${place}-of-${count}-${tag}.bin`, sizeBytes: totalBytes / count })
      }
      const name = `${total} in ${count} ${count === 1 ? 'file' : 'files'}`
      releases.push({ name, notes: `${name}. Made by bailo-exp ${EXPERIMENT} (${tag}).`, from, to: files.length })
    }
  }
  return { files, releases }
}

/** Makes what {@link planSeveralReleases} plans, as {@link makeReleasesWithFiles} does. */
export async function severalReleasesWithFiles(
  context: ExperimentContext,
  options: SeveralReleasesWithFilesOptions,
): Promise<SeveralReleasesWithFilesResult> {
  return makeReleasesWithFiles(context, options, {
    experiment: EXPERIMENT,
    envKey: 'SEVERAL_RELEASES_WITH_FILES_MODEL_ID',
    modelName: 'Several releases with files',
    plan: planSeveralReleases(options),
    countFlag: '--max-count-exponent',
  })
}
