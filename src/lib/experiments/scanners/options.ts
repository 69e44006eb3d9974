import type { Settings } from '../../config/settings.js'
import type { FailingState } from './scan-report.js'

export interface ScannersOptions {
  readonly settings: Settings
  /** By flag; wins over the dotenv key. */
  readonly modelId?: string | undefined
  /** Files and directories, as the user wrote them. */
  readonly paths: readonly string[]
  /** A release for each sub-directory instead of one for each path. */
  readonly perSubdirectory: boolean
  /** Has the model's files scanned again, instead of uploading others. */
  readonly isRescan: boolean
  /** How long scanners are waited for; absent: not at all. */
  readonly waitMs?: number | undefined
  readonly intervalMs: number
  /** States of scans that are findings. */
  readonly failOn: ReadonlySet<FailingState>
  readonly seed: string
  readonly keepGoing: boolean
}
