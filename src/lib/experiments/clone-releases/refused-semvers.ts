import pLimit from 'p-limit'
import type { Instance } from '../../api/instance.js'
import { createRelease } from '../../api/releases.js'
import { ExitCode, ExpectedError } from '../../errors.js'
import { ResponseError } from '../../http/errors.js'
import type { Problem } from './problem.js'

/** A well-formed id that no file has: ids begin with a time stamp, and this one is of 1970. */
const UNKNOWN_FILE_ID = '0'.repeat(24)

/**
 * Finds versions that the destination will not take, above all those that it once had and deleted, which Bailo never
 * takes again and no listing shows. So each is asked about by a release that cannot be made, because its file does not
 * exist (observed: always 400); a version that was deleted, or is none, is refused for that reason first.
 *
 * @throws ResponseError when the token may not make releases at all
 */
export async function findRefusedSemvers(
  instance: Instance,
  modelId: string,
  semvers: readonly string[],
  concurrency: number,
): Promise<Problem[]> {
  const limit = pLimit(concurrency)
  const answers = semvers.map((semver) =>
    limit(async () => toProblem(semver, await askAbout(instance, modelId, semver))),
  )
  return (await Promise.all(answers)).flat()
}

/** Why the server refuses a release of this version with a file that does not exist. */
async function askAbout(instance: Instance, modelId: string, semver: string): Promise<string> {
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
    if (error instanceof ResponseError && error.status === 400) return error.serverMessage
    throw error
  }
  throw new ExpectedError(
    `The destination made the draft release ${semver} of ${modelId} although its only file does not exist.`,
    { exitCode: ExitCode.Unreachable, tryNext: ['delete that release: this server does not behave as Bailo does'] },
  )
}

function toProblem(semver: string, refusal: string): Problem[] {
  const subject = `release ${semver}`
  if (/deleted/i.test(refusal)) {
    return [
      {
        code: 'deleted-semver',
        subject,
        message: 'the destination had this version once and it was deleted, so Bailo will not take it again',
        tryNext: 'choose another destination, or ask an administrator to restore or purge the deleted release',
      },
    ]
  }
  if (/not a valid semver/i.test(refusal)) {
    return [
      {
        code: 'invalid-semver',
        subject,
        message: `the destination does not take this version: ${refusal}`,
        tryNext: 'change the semver in a dump file (--save-dump, then --from-file)',
      },
    ]
  }
  return []
}
