/** Where a run stands. */
export interface ProgressSnapshot {
  readonly stepsDone: number
  readonly stepsFailed: number
  /** 0 until the plan is known. */
  readonly stepsTotal: number
  readonly bytesDone: number
  readonly bytesTotal: number
  readonly retries: number
  /** Keys of the steps that are running now, oldest first. */
  readonly running: readonly string[]
}

/** Shows where a run stands; it may draw as seldom as it likes. */
export interface Progress {
  update(snapshot: ProgressSnapshot): void
  /** Ends the display; nothing is shown afterwards. */
  stop(): void
}
