import { setTimeout as sleep } from 'node:timers/promises'
import { ResponseError } from '../../http/errors.js'

/** What Bailo answers to all but one of the versions that are saved at the same time (observed), and what it might. */
const LOST = new Set([409, 500])
/** Times in a row that a version may lose while no other wins: then it is no race, but a server that fails. */
const MAX_LOSSES_WITHOUT_WINNER = 10
/**
 * Losers wait up to so long, and not all the same; the limit doubles each time that they lose, so that also many of them
 * are soon spread out, and most requests are not in vain.
 */
const FIRST_WAIT_MS = 100
const MAX_WAIT_MS = 6400

/** Tells the losers of races for the next version of a card from failures, and lets them try again. */
export class VersionRaces {
  readonly #isAlone: boolean
  #running = 0
  #won = 0
  #lost = 0

  /** @param isAlone whether no other process saves versions of this run, which would be rivals that nobody sees here */
  constructor(isAlone = true) {
    this.#isAlone = isAlone
  }

  /** How often a version lost. */
  get lost(): number {
    return this.#lost
  }

  /**
   * Saves a version, again and again while others win.
   *
   * @param onLost called before each further attempt
   * @throws ResponseError when it fails with no other under way, or when nobody wins
   */
  async enter<T>(save: () => Promise<T>, options: { signal: AbortSignal; onLost: () => void }): Promise<T> {
    this.#running++
    try {
      return await this.#compete(save, options)
    } finally {
      this.#running--
    }
  }

  async #compete<T>(
    save: () => Promise<T>,
    { signal, onLost }: { signal: AbortSignal; onLost: () => void },
  ): Promise<T> {
    for (let losses = 1, withoutWinner = 1; ; losses++, withoutWinner++) {
      const wonBefore = this.#won
      const hadRivals = this.#running > 1 || !this.#isAlone
      try {
        const result = await save()
        this.#won++
        return result
      } catch (error) {
        const isLost = error instanceof ResponseError && LOST.has(error.status)
        // A rival may have come, or won and gone, since this attempt began.
        const isRace = hadRivals || this.#running > 1 || this.#won > wonBefore
        if (!isLost || !isRace || withoutWinner >= MAX_LOSSES_WITHOUT_WINNER) throw error
        this.#lost++
        onLost()
        const waitMs = Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** (losses - 1)) * Math.random()
        await sleep(waitMs, undefined, { signal }).catch(() => signal.throwIfAborted())
        if (this.#won > wonBefore) withoutWinner = 0
      }
    }
  }
}
