import type { TransferEntry } from '../../api/transfers.js'
import type { TransferReport } from '../mirroring/transfer-report.js'
import type { TransferWatch } from '../mirroring/transfer-watch.js'
import type { Polled } from '../poll.js'
import type { ExperimentResult } from '../result.js'
import type { VerifiedContent } from './verify-content.js'

/** The transfers of one end. */
export interface EndTransfers extends TransferReport {
  /** Absent where there never was one. */
  readonly newest?: NewestTransfer
}

export interface NewestTransfer {
  readonly id: string
  readonly status: string
  /** From its beginning to its last change, by the server's clock. */
  readonly tookMs?: number
}

/** What has been compared; nothing is claimed beyond it. */
export interface ComparedCounts {
  /** Versions of the card. */
  readonly cards: number
  readonly releases: number
  /** Files, counted once per release they are in. */
  readonly files: number
  readonly images: number
}

/** What `mirror-check --json` prints. `target` is the copy. */
export interface MirrorCheckResult extends ExperimentResult {
  readonly experiment: 'mirror-check'
  readonly source: { readonly url: string; readonly modelId: string }
  readonly transfers: { readonly source: EndTransfers; readonly copy: EndTransfers }
  /** Between two looks at the transfers; times are late by so much at most. */
  readonly intervalMs: number
  /** Absent with `--no-wait` and in a dry run. */
  readonly following?: Polled & { readonly waitedMs: number }
  /** Absent when the run was stopped before. */
  readonly compared?: ComparedCounts
  /** With `--verify-content`, what was read and compared. */
  readonly content?: VerifiedContent
}

export function describeNewest({ newest }: TransferWatch): { newest?: NewestTransfer } {
  if (newest === undefined) return {}
  const { _id: id, status } = newest
  const tookMs = durationOf(newest)
  return { newest: { id, status, ...(tookMs >= 0 && { tookMs }) } }
}

function durationOf({ createdAt = '', updatedAt = '' }: TransferEntry): number {
  return Date.parse(updatedAt) - Date.parse(createdAt)
}
