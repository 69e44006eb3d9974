import type { Run } from '../../run/run.js'
import type { FileSkeleton } from '../skeleton/release-skeleton.js'

/** What earlier processes of the run have begun. It is left to its steps, which know what has become of it. */
export interface MadeBefore {
  hasBegunRelease(semver: string): boolean
  hasBegunFile(file: FileSkeleton): boolean
  hasBegunImage(key: string): boolean
  /** The files that are known to be made. */
  readonly fileIds: ReadonlySet<string>
  /**
   * Whether files in no release are left to the steps, too: where several processes make the run, only the order of steps
   * tells whose a file is that has a namesake.
   */
  readonly leavesOrphans: boolean
}

/** A run that is not continued. */
export const NOTHING_MADE: MadeBefore = {
  hasBegunRelease: () => false,
  hasBegunFile: () => false,
  hasBegunImage: () => false,
  fileIds: new Set(),
  leavesOrphans: false,
}

/** Says which of the source's files a step is for: names may repeat. */
export function fileStepName({ sourceId, name }: Pick<FileSkeleton, 'sourceId' | 'name'>): string {
  return `${sourceId} ${name}`
}

/** Reads from the record of a run what it has begun before. */
export function readMadeBefore(run: Run): MadeBefore {
  return {
    hasBegunRelease: (semver) => run.recordOf('release', semver) !== undefined,
    hasBegunFile: (file) => run.recordOf('file', fileStepName(file)) !== undefined,
    hasBegunImage: (key) => run.recordOf('image', key) !== undefined,
    fileIds: new Set(run.createdEarlier.flatMap((one) => (one.type === 'file' ? [one.fileId] : []))),
    leavesOrphans: !run.isAlone,
  }
}
