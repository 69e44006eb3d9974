import type { ArtefactTransfer, TransferEntry } from '../../api/transfers.js'

/** States in which nothing happens any more. */
const FINAL_STATES = ['completed', 'failed', 'denied'] as const

/** How far the copying of one artefact has come, as its newest transfer has it. */
export interface FollowedArtefact {
  /** `documents`, the id of a file, or an image as `repository/name:tag`. */
  readonly key: string
  /** `documents`, `file` or `image`. */
  readonly kind: string
  /** The server's word: `requested`, `in_progress`, `completed`, `failed` or `denied`. */
  readonly status: string
  /** From the beginning until a listing showed it completed; absent where it was that in the first one, or never is. */
  readonly afterMs?: number
}

export interface TransferFilter {
  readonly isOurs?: (transfer: TransferEntry) => boolean
  readonly isRelevant?: (artefact: Pick<ArtefactTransfer, 'key' | 'kind'>) => boolean
}

/** Follows the transfers of one model, from one listing to the next. */
export class TransferWatch {
  readonly #startedMs: number
  readonly #filter: TransferFilter
  readonly #completedMs = new Map<string, number>()
  #artefacts: readonly (ArtefactTransfer & { readonly transferId: string })[] = []
  #newest: TransferEntry | undefined
  #isNoted = false

  /**
   * @param startedMs what times are counted from, by the clock of {@link note}
   * @param filter what counts; default: all
   */
  constructor(startedMs: number, filter: TransferFilter = {}) {
    this.#startedMs = startedMs
    this.#filter = filter
  }

  /**
   * @param transfers oldest first
   * @param isTimed whether what is completed now was not before the beginning
   */
  note(transfers: readonly TransferEntry[], seenMs: number, isTimed = this.#isNoted): void {
    const newest = new Map<string, ArtefactTransfer & { readonly transferId: string }>()
    const { isOurs = () => true, isRelevant = () => true } = this.#filter
    const ours = transfers.filter(isOurs)
    this.#newest = ours.at(-1)
    for (const transfer of ours) {
      for (const artefact of artefactsOf(transfer).filter(isRelevant)) {
        newest.set(artefact.key, { ...artefact, transferId: transfer._id })
      }
    }
    this.#artefacts = [...newest.values()]
    this.#isNoted = true
    for (const { key, transferId, status } of this.#artefacts) {
      const id = `${transferId} ${key}`
      // What was completed from the beginning has no time, not even later.
      if (status === 'completed' && !this.#completedMs.has(id)) this.#completedMs.set(id, isTimed ? seenMs : NaN)
    }
  }

  /** Whether there is any transfer. */
  get hasAny(): boolean {
    return this.#newest !== undefined
  }

  /** The newest transfer, as the server has it. */
  get newest(): TransferEntry | undefined {
    return this.#newest
  }

  /** Artefacts that are still on their way. */
  get openCount(): number {
    return this.#artefacts.filter(({ status }) => !isFinal(status)).length
  }

  /** In the order in which the server lists them, those of earlier transfers first. */
  list(): FollowedArtefact[] {
    return this.#artefacts.map(({ key, kind, status, transferId }) => {
      const afterMs = Math.round((this.#completedMs.get(`${transferId} ${key}`) ?? NaN) - this.#startedMs)
      return { key, kind, status, ...(afterMs >= 0 && { afterMs }) }
    })
  }
}

/** True when a transfer, or a part of it, has come to its end, whether well or not. */
export function isFinal(status: string): boolean {
  return (FINAL_STATES as readonly string[]).includes(status)
}

/** What a transfer consists of. When all of it was refused, or given up, so was what it had not come to. */
function artefactsOf({ status, artefactStatus = [] }: TransferEntry): readonly ArtefactTransfer[] {
  if (artefactStatus.length === 0) return [{ key: 'documents', kind: 'documents', status }]
  const isGivenUp = isFinal(status) && status !== 'completed'
  return artefactStatus.map((artefact) => (isGivenUp && !isFinal(artefact.status) ? { ...artefact, status } : artefact))
}
