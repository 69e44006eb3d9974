import type { ReleaseEntry } from '../api/answers.js'
import type { Instance } from '../api/instance.js'
import { createRelease, listReleases, type NewRelease } from '../api/releases.js'
import { UnexpectedAnswerError } from '../http/errors.js'
import { oncePerRound } from '../run/once-per-round.js'
import type { Run } from '../run/run.js'
import { fingerprintRelease } from './fingerprint-release.js'

/**
 * Makes one release of a given version, as one step of the run. It is recognised by its version and its content, so that a
 * release whose answer was lost is not asked for again, and one of somebody else is not taken for ours.
 *
 * @param options.listed the releases that the model had when this process began, to see whether what an earlier process made is
 *   there; otherwise the journal is believed
 * @param options.listInRound reads the releases of the model again; releases that are made together share it
 * @returns the version, as it was asked for
 * @throws UnexpectedAnswerError when the server stored another one; ResponseError and ConnectionError
 */
export async function makeRelease(
  run: Run,
  instance: Instance,
  modelId: string,
  release: NewRelease,
  {
    listed,
    listInRound = oncePerRound(() => listReleases(instance, modelId)),
  }: {
    readonly listed?: readonly Pick<ReleaseEntry, 'semver'>[]
    readonly listInRound?: (round: object) => Promise<readonly ReleaseEntry[]>
  } = {},
): Promise<string> {
  const { semver } = release
  const fingerprint = fingerprintRelease(release)
  return run.step<string>(
    {
      kind: 'release',
      name: semver,
      planned: semver,
      sharing: 'in-order',
      find: async ({ round }) => {
        const there = (await listInRound(round)).find((entry) => entry.semver === semver)
        return there !== undefined && fingerprintRelease(there) === fingerprint ? semver : undefined
      },
      ...(listed && { verify: () => Promise.resolve(listed.some((entry) => entry.semver === semver)) }),
      created: () => ({ type: 'release', origin: instance.origin, modelId, semver, fingerprint }),
    },
    async () => {
      const stored = await createRelease(instance, modelId, release)
      if (stored === semver) return stored
      throw new UnexpectedAnswerError(
        { method: 'POST', path: '/api/v2/model/{modelId}/releases' },
        `the release ${semver} was stored as ${stored}.`,
      )
    },
  )
}
