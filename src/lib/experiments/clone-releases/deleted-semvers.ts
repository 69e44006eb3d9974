import pLimit from 'p-limit'
import type { Instance } from '../../api/instance.js'
import { createRelease } from '../../api/releases.js'
import { ExitCode, ExpectedError } from '../../errors.js'
import { ResponseError } from '../../http/errors.js'
import type { Problem } from './problem.js'

/** A well-formed id that no file has: ids begin with a time stamp, and this one is of 1970. */
const UNKNOWN_FILE_ID = '0'.repeat(24)

/**
 * Finds versions that the destination once had and deleted, which Bailo never takes again. No listing shows them. So each
 * is asked about by a release that cannot be made, because its file does not exist (observed: always 400); a version
 * that was deleted is refused for that reason first.
 *
 * @throws ResponseError when the token may not make releases at all
 */
export async function findDeletedSemvers(
  instance: Instance,
  modelId: string,
  semvers: readonly string[],
  concurrency: number,
): Promise<Problem[]> {
  const limit = pLimit(concurrency)
  const answers = await Promise.all(
    semvers.map((semver) => limit(async () => ((await isDeleted(instance, modelId, semver)) ? [semver] : []))),
  )
  return answers.flat().map((semver) => ({
    code: 'deleted-semver',
    subject: `release ${semver}`,
    message: 'the destination had this version once and it was deleted, so Bailo will not take it again',
    tryNext: 'choose another destination, or ask an administrator to restore or purge the deleted release',
  }))
}

async function isDeleted(instance: Instance, modelId: string, semver: string): Promise<boolean> {
  try {
    await createRelease(instance, modelId, {
      semver,
      notes: 'Checks whether this version can be used.',
      minor: true,
      draft: true,
      fileIds: [UNKNOWN_FILE_ID],
      images: [],
    })
  } catch (error) {
    if (error instanceof ResponseError && error.status === 400) return /deleted/i.test(error.serverMessage)
    throw error
  }
  throw new ExpectedError(
    `The destination made the draft release ${semver} of ${modelId} although its only file does not exist.`,
    { exitCode: ExitCode.Unreachable, tryNext: ['this server does not behave as Bailo does; delete that release'] },
  )
}
