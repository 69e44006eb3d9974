/** What is looked at: the attempts of this time. */
const WINDOW_SECONDS = 30
/** For so long most of them must have failed: a restart of the server is over sooner, and retries outlast it. */
const LASTING_SECONDS = 15
const MIN_ATTEMPTS = 10
const MIN_FAILED_SHARE = 0.8

/** The attempts that ended within one second. */
interface Tally {
  readonly second: number
  total: number
  failed: number
}

/** Notices that a server fails most requests for a while, so that a run stops instead of failing step by step. */
export class CircuitBreaker {
  readonly #nowMs: () => number
  /** Oldest first. */
  #tallies: Tally[] = []

  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs
  }

  /** Takes in the outcome of one attempt. Returns true when it is time to stop. */
  note(hasFailed: boolean): boolean {
    const second = Math.floor(this.#nowMs() / 1000)
    let last = this.#tallies.at(-1)
    if (last?.second !== second) {
      last = { second, total: 0, failed: 0 }
      this.#tallies = [...this.#tallies.filter((tally) => tally.second > second - WINDOW_SECONDS), last]
    }
    last.total++
    if (!hasFailed) return false
    last.failed++
    const firstFailure = this.#tallies.find(({ failed }) => failed > 0)?.second ?? second
    const total = this.#tallies.reduce((sum, tally) => sum + tally.total, 0)
    const failed = this.#tallies.reduce((sum, tally) => sum + tally.failed, 0)
    return second - firstFailure >= LASTING_SECONDS && total >= MIN_ATTEMPTS && failed >= MIN_FAILED_SHARE * total
  }
}
