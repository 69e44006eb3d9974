/** Where a run stands. */
export interface ProgressSnapshot {
  readonly stepsDone: number
  readonly stepsFailed: number
  /** 0 until the plan is known. */
  readonly stepsTotal: number
  readonly bytesDone: number
  readonly bytesTotal: number
  readonly retries: number
  /** Why something was last tried again, in a few words. */
  readonly lastRetry?: string | undefined
  /** What the run waits for, when that is no step. */
  readonly waiting?: string | undefined
  /** The steps that are running now, oldest first. */
  readonly running: () => readonly RunningStep[]
}

export interface RunningStep {
  readonly key: string
  readonly bytesDone: number
  /** 0 for a step that transfers nothing, or nobody knows how much. */
  readonly bytesTotal: number
}

/** Shows where a run stands; it may draw as seldom as it likes. */
export interface Progress {
  update(snapshot: ProgressSnapshot): void
  /** Shows a line of text that stays. */
  say(text: string): void
  /** Ends the display; nothing is shown afterwards. */
  stop(): void
}
