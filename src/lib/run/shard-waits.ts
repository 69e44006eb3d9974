import { setTimeout as sleep } from 'node:timers/promises'
import pLimit from 'p-limit'
import { ExitCode, ExpectedError } from '../errors.js'
import { ownerOf, writeShard, type Shard } from './shard.js'
import type { Sharing } from './step.js'

/** Looks at the server for what another shard makes; searches of one round share what they read by `round`. */
export type Look<T> = (round: object) => Promise<T | undefined>

export interface ShardWaitOptions {
  /** How long nothing of what is waited for may appear, in milliseconds. */
  readonly patienceMs: number
  /** Ends all waiting. */
  readonly signal: AbortSignal
}

interface Wait {
  /** Index of the shard that makes it. */
  readonly owner: number
  readonly look: Look<unknown>
  readonly resolve: (result: unknown) => void
  readonly reject: (error: unknown) => void
}

const FIRST_PAUSE_MS = 250
const MAX_PAUSE_MS = 5000
/** How long to rest for the time that a round took: long listings are not asked for all the time. */
const REST_PER_LOOK = 4
/** Searches of one round at the same time. */
const MAX_LOOKS = 8

/** What another shard was to make has not come. */
export class ShardMissingError extends ExpectedError {
  override readonly name = 'ShardMissingError'

  constructor(key: string, makers: string, patienceMs: number) {
    super(
      `${key} is made by shard ${makers}, and nothing that this shard waits for has appeared for ${patienceMs} ms.`,
      {
        exitCode: ExitCode.Partial,
        tryNext: [`start shard ${makers} of this run, or start it again`, 'a longer --wait-for-shards'],
      },
    )
  }
}

/**
 * Waits for what the other shards of a run make, by looking at the server: all that is waited for in one round, and rounds
 * at growing intervals. It gives up when nothing has appeared for a while.
 */
export class ShardWaits {
  readonly #shard: Shard
  readonly #options: ShardWaitOptions
  readonly #waits = new Map<string, Wait>()
  #isLooking = false

  constructor(shard: Shard, options: ShardWaitOptions) {
    this.#shard = shard
    this.#options = options
  }

  /**
   * Waits until a thing is there.
   *
   * @param key of its step, which says with `sharing` who makes it
   * @throws ShardMissingError when it does not come; what `look` throws; the signal's reason
   */
  wait<T>(key: string, sharing: Sharing, look: Look<T>): Promise<T> {
    const owner = ownerOf(key, this.#shard.count, sharing)
    return new Promise<T>((resolve, reject) => {
      this.#waits.set(key, { owner, look, resolve: resolve as (result: unknown) => void, reject })
      if (!this.#isLooking) void this.#lookUntilAllIsThere()
    })
  }

  async #lookUntilAllIsThere(): Promise<void> {
    this.#isLooking = true
    const { patienceMs, signal } = this.#options
    const limit = pLimit(MAX_LOOKS)
    let lastFoundMs = performance.now()
    let pauseMs = FIRST_PAUSE_MS
    while (this.#waits.size > 0) {
      const round = {}
      const startedMs = performance.now()
      const found = await Promise.all([...this.#waits].map(([key, wait]) => limit(() => this.#look(key, wait, round))))
      if (found.includes(true)) {
        lastFoundMs = performance.now()
        pauseMs = FIRST_PAUSE_MS
      } else if (performance.now() - lastFoundMs > patienceMs) {
        this.#rejectAll((key, { owner }) => {
          const makers = writeShard({ index: owner, count: this.#shard.count })
          return new ShardMissingError(key, makers, patienceMs)
        })
      }
      if (this.#waits.size === 0) break
      const restMs = Math.min(MAX_PAUSE_MS, (performance.now() - startedMs) * REST_PER_LOOK)
      await sleep(Math.max(pauseMs, restMs), undefined, { signal }).catch(() => undefined)
      if (signal.aborted) this.#rejectAll(() => signal.reason)
      pauseMs = Math.min(MAX_PAUSE_MS, pauseMs * 1.5)
    }
    this.#isLooking = false
  }

  /** @returns whether the thing is there */
  async #look(key: string, { look, resolve, reject }: Wait, round: object): Promise<boolean> {
    try {
      const found = await look(round)
      if (found === undefined) return false
      this.#waits.delete(key)
      resolve(found)
      return true
    } catch (error) {
      this.#waits.delete(key)
      reject(error)
      return false
    }
  }

  #rejectAll(describe: (key: string, wait: Wait) => unknown): void {
    const waits = [...this.#waits]
    this.#waits.clear()
    for (const [key, wait] of waits) wait.reject(describe(key, wait))
  }
}
