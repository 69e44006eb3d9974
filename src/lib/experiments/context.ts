import type { Run } from '../run/run.js'

/** What every experiment is given besides its own options. */
export interface ExperimentContext {
  readonly run: Run
  /** Version of this tool, for the User-Agent header and reports. */
  readonly version: string
  /** Tells the user something at once, without being part of the result. */
  readonly warn: (message: string) => void
}
