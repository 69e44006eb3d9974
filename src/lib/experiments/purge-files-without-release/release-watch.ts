/** A reading of the releases is trusted for at least so long. */
const TRUSTED_MS = 2000

/**
 * Knows which files are in a release now, by reading the releases again whenever the last reading is too old. Many
 * questions share a reading, so that deleting many files takes few of them.
 *
 * The server has no way to delete a file only if it is in no release. So this is what remains: a file that is put into a
 * release after a reading began and before its deletion arrives is deleted. That is two seconds, or twice as long as a
 * reading takes where that is more, so that at most half of the time goes into readings.
 */
export class ReleaseWatch {
  readonly #readIds: () => Promise<ReadonlySet<string>>
  readonly #nowMs: () => number
  #ids: ReadonlySet<string> = new Set()
  #trustedUntilMs = -Infinity
  #reading: Promise<void> | undefined

  /** @param readIds reads the ids of all files that are in a release */
  constructor(readIds: () => Promise<ReadonlySet<string>>, nowMs = () => performance.now()) {
    this.#readIds = readIds
    this.#nowMs = nowMs
  }

  /** @throws what the reading throws; then nothing is known of the file */
  async isInRelease(fileId: string): Promise<boolean> {
    if (this.#nowMs() >= this.#trustedUntilMs) {
      this.#reading ??= this.#read().finally(() => (this.#reading = undefined))
      await this.#reading
    }
    return this.#ids.has(fileId)
  }

  async #read(): Promise<void> {
    // The server may have looked as soon as it was asked.
    const startedMs = this.#nowMs()
    this.#ids = await this.#readIds()
    this.#trustedUntilMs = startedMs + Math.max(TRUSTED_MS, 2 * (this.#nowMs() - startedMs))
  }
}
