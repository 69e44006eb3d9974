import type { FileHandle } from 'node:fs/promises'

/**
 * Appends lines to a file. Those that come while a write is under way go into the next one together, so that many
 * writers at a time cost few writes. Each write is followed by fdatasync: a line that is written survives the end of the
 * process and of the machine. After a write that failed nothing more is written, because half a line may be there.
 */
export class LineWriter {
  readonly #handle: FileHandle
  #waiting: string[] = []
  #current: Promise<void> = Promise.resolve()
  #next: Promise<void> | undefined

  constructor(handle: FileHandle) {
    this.#handle = handle
  }

  /**
   * Resolves when the line is on disk.
   *
   * @throws the system's error when this write, or an earlier one, failed
   */
  append(line: string): Promise<void> {
    this.#waiting.push(`${line}\n`)
    if (this.#next === undefined) {
      this.#next = this.#current.then(() => this.#writeWaiting())
      this.#current = this.#next
      // Whoever appended is told; this is for the time after they were.
      this.#current.catch(() => undefined)
    }
    return this.#next
  }

  /** Closes the file when all is written, whether that succeeded or not. */
  async close(): Promise<void> {
    await this.#current.catch(() => undefined)
    await this.#handle.close()
  }

  async #writeWaiting(): Promise<void> {
    const lines = this.#waiting
    this.#waiting = []
    this.#next = undefined
    await this.#handle.appendFile(lines.join(''))
    await this.#handle.datasync()
  }
}
