import type { Finding } from '../result.js'
import { measureTimes, type Times } from '../times.js'
import { isFinal, type FollowedArtefact } from './transfer-watch.js'

/** An artefact under the name that people know it by. */
export interface NamedArtefact extends FollowedArtefact {
  readonly name: string
}

export interface TransferReport {
  readonly artefacts: readonly NamedArtefact[]
  /** Times to completion, by kind of artefact, of those that were seen to become completed. */
  readonly times: readonly (Times & { readonly kind: string })[]
  /** Those of the artefacts that took longest, the slowest first. */
  readonly slowest: readonly NamedArtefact[]
}

const SLOWEST = 5

/** In this order; a server may come to have others. */
const KINDS = ['documents', 'file', 'image']

/** How far the artefacts of a kind have come. */
export interface KindOfArtefacts {
  readonly kind: string
  readonly completed: number
  readonly failed: number
  readonly denied: number
  /** On their way still. */
  readonly open: number
}

/** Counts artefacts by kind and state; kinds of which there are none are left out. */
export function tallyKinds({ artefacts }: Pick<TransferReport, 'artefacts'>): KindOfArtefacts[] {
  const kinds = new Set([...KINDS, ...artefacts.map(({ kind }) => kind)])
  return [...kinds].flatMap((kind) => {
    const statuses = artefacts.filter((one) => one.kind === kind).map(({ status }) => status)
    if (statuses.length === 0) return []
    const count = (status: string): number => statuses.filter((one) => one === status).length
    const [completed, failed, denied] = [count('completed'), count('failed'), count('denied')]
    return [{ kind, completed, failed, denied, open: statuses.length - completed - failed - denied }]
  })
}

/** What the artefacts of a kind are called together. */
export function nameKind(kind: string): string {
  return kind === 'documents' ? kind : `${kind}s`
}

/**
 * Sums up how transfers went.
 *
 * @param fileNames names of files by id
 */
export function reportTransfers(
  followed: readonly FollowedArtefact[],
  fileNames: ReadonlyMap<string, string>,
): TransferReport {
  const artefacts = followed.map((artefact) => ({ ...artefact, name: nameOf(artefact, fileNames) }))
  const timed = artefacts.filter((one): one is NamedArtefact & { afterMs: number } => one.afterMs !== undefined)
  const kinds = [...new Set(timed.map(({ kind }) => kind))]
  return {
    artefacts,
    times: kinds.flatMap((kind) => {
      const times = measureTimes(timed.filter((one) => one.kind === kind).map(({ afterMs }) => afterMs))
      return times === undefined ? [] : [{ kind, ...times }]
    }),
    slowest: timed.toSorted((a, b) => b.afterMs - a.afterMs).slice(0, SLOWEST),
  }
}

/**
 * What failed, was refused, or is not done when nobody waits any longer.
 *
 * @param where what the transfers are of, as in `the export`
 * @param isAwaited whether they were waited for
 */
export function findTransferProblems(
  { artefacts }: Pick<TransferReport, 'artefacts'>,
  where: string,
  isAwaited: boolean,
): Finding[] {
  return artefacts.flatMap(({ name, status }): Finding[] => {
    if (status === 'failed' || status === 'denied') {
      const tryNext =
        status === 'denied'
          ? 'ask those who decide about transfers at the other end, then export again'
          : "look into the instance's log, then export again"
      return [{ subject: name, message: `${status === 'denied' ? 'was refused by' : 'failed in'} ${where}`, tryNext }]
    }
    if (isFinal(status) || !isAwaited) return []
    const tryNext = 'a longer --wait, or look into the logs of both instances'
    return [{ subject: name, message: `is still ${status.replaceAll('_', ' ')} in ${where}`, tryNext }]
  })
}

function nameOf({ key, kind }: FollowedArtefact, fileNames: ReadonlyMap<string, string>): string {
  if (kind === 'documents') return 'documents'
  if (kind !== 'file') return `${kind} ${key}`
  const name = fileNames.get(key)
  return name === undefined ? `file ${key}` : `file ${JSON.stringify(name)}`
}
