import { listTransfers, requestExport, type TransferEntry } from '../../api/transfers.js'
import type { Instance } from '../../api/instance.js'
import { ResponseError } from '../../http/errors.js'
import type { Run } from '../../run/run.js'
import { artefactKeys } from '../mirroring/artefact-keys.js'
import type { ReleaseSkeleton } from '../skeleton/release-skeleton.js'
import type { PlannedExport } from './prepare.js'

/** What the step of an export results in. */
export interface RequestedExport {
  /** Empty where the server had not listed the transfer by then. */
  readonly transferId: string
  /** Transfers that were there before. */
  readonly earlierIds: readonly string[]
}

/**
 * Requests an export, as one step of a run. The server's answer has no id: the transfer is the one that was not there before
 * and consists of the same things.
 *
 * @param onAnswer called when the server has taken the request; not when an earlier attempt is found to have succeeded
 */
export function requestExportInRun(
  run: Run,
  instance: Instance,
  modelId: string,
  { destinationModelId, releases }: PlannedExport,
  onAnswer: () => void,
): Promise<RequestedExport> {
  const findNew = async (earlierIds: readonly string[]): Promise<string | undefined> =>
    (await listTransfers(instance, modelId)).findLast(
      (transfer) => !earlierIds.includes(transfer._id) && isOf(transfer, releases),
    )?._id
  return run.step(
    {
      kind: 'export',
      name: `${modelId} to ${destinationModelId}`,
      planned: { transferId: '', earlierIds: [] },
      find: async ({ notes }) => {
        const earlierIds = notes.at(-1)
        if (!isListOfIds(earlierIds)) return undefined
        const transferId = await findNew(earlierIds)
        return transferId === undefined ? undefined : { transferId, earlierIds }
      },
    },
    async ({ note }) => {
      const earlierIds = (await listTransfers(instance, modelId)).map(({ _id }) => _id)
      await note(earlierIds)
      const semvers = releases.map(({ semver }) => semver)
      await requestExport(instance, modelId, semvers).catch((error: unknown) => {
        throw error instanceof ResponseError ? withAdvice(error) : error
      })
      onAnswer()
      return { transferId: (await findNew(earlierIds)) ?? '', earlierIds }
    },
  )
}

/** Whether a transfer consists of the files and images of these releases. */
export function isOf({ artefactStatus = [] }: TransferEntry, releases: readonly ReleaseSkeleton[]): boolean {
  const wanted = new Set(releases.flatMap(artefactKeys))
  const present = artefactStatus.filter(({ kind }) => kind !== 'documents').map(({ key }) => key)
  return present.length === wanted.size && present.every((key) => wanted.has(key))
}

function isListOfIds(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string')
}

/** What to do about refusals that only the server can decide on, by what it says (from Bailo's source). */
const ADVICE: readonly (readonly [RegExp, string])[] = [
  [/missing the required action/, 'use a token with the actions model:export and release:export'],
  [/permissions to export these releases/, 'use a token with the action release:export, of an owner of the model'],
  [/permission to export a model/, 'have an owner of the model export it, or make you an owner'],
  [
    /clean AV scan/,
    'wait for the scanners, or choose other releases with --semver; bailo-exp scanners --rescan asks again',
  ],
  [/releases were not found/, 'run again: a release was deleted meanwhile'],
]

function withAdvice(error: ResponseError): ResponseError {
  const [, advice] = ADVICE.find(([pattern]) => pattern.test(error.serverMessage)) ?? []
  if (advice === undefined) return error
  const { operation, origin, status, serverMessage, details, retryAfterMs, exitCode } = error
  return new ResponseError(operation, {
    ...{ origin, status, serverMessage, details, retryAfterMs, exitCode },
    tryNext: [advice],
  })
}
