import { mkdir, open, rm } from 'node:fs/promises'
import path from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { ExitCode, ExpectedError, UsageError } from '../../errors.js'
import { LineWriter } from '../../files/line-writer.js'
import { takeLock, type Lock } from '../../files/lock.js'
import type { Created } from '../created.js'
import type { JournalEntry, RunHeader, Target } from './entries.js'
import { readJournal, type JournalContent, type StepRecord } from './read-journal.js'

/** The journal cannot be written: nothing more may be made, because it would not be known of. */
export class JournalError extends ExpectedError {
  override readonly name = 'JournalError'

  constructor(file: string, cause: unknown) {
    super(
      `The journal ${file} cannot be written: ${cause instanceof Error ? cause.message : String(cause)}. The run stopped.`,
      {
        exitCode: ExitCode.Partial,
        tryNext: ['make room or rights there, or name another directory with --state-dir'],
        cause,
      },
    )
  }
}

/** The file of a run's journal. */
export function journalFile(directory: string, runId: string): string {
  return path.join(directory, `${runId}.jsonl`)
}

/** The file that says which process has a run. */
export function lockFile(directory: string, runId: string): string {
  return path.join(directory, `${runId}.lock`)
}

/**
 * The record of one run: what it has begun and done is on disk before anything that depends on it starts. Ids, names,
 * sizes and digests are in it, and never keys. A new run gets a file with its first step, and loses it again when it ends
 * without having made anything.
 */
export class Journal {
  readonly header: RunHeader
  readonly #directory: string
  /** Of this tool, now. */
  readonly #version: string
  readonly #earlier: JournalContent | undefined
  readonly #targets: Target[] = []
  /** Steps whose end is not known. */
  readonly #open = new Set<string>()
  #unwritten: JournalEntry[]
  #hasMade = false
  #lock: Lock | undefined
  #writer: Promise<LineWriter> | undefined

  private constructor(directory: string, header: RunHeader, version: string, earlier?: JournalContent, lock?: Lock) {
    this.#directory = directory
    this.header = header
    this.#version = version
    this.#earlier = earlier
    this.#lock = lock
    this.#unwritten =
      earlier === undefined
        ? [{ type: 'run', ...header }]
        : [{ type: 'resumed', version: this.#version, at: new Date().toISOString() }]
  }

  /** The journal of a new run. */
  static create(directory: string, header: RunHeader): Journal {
    return new Journal(directory, header, header.version)
  }

  /**
   * Opens the journal of an earlier run, so that it is continued; this process has it until {@link close}.
   *
   * @param version of this tool
   * @throws UsageError when there is no such run, another process has it, or its journal is damaged
   */
  static async open(directory: string, runId: string, version: string): Promise<Journal> {
    const lock = await takeLock(lockFile(directory, runId), (holder) => inUse(directory, runId, holder))
    try {
      const content = await readJournal(journalFile(directory, runId))
      if (content === undefined) throw new UsageError(`The journal of the run ${runId} is empty: it made nothing.`)
      return new Journal(directory, content.header, version, content, lock)
    } catch (error) {
      await lock.release()
      throw error
    }
  }

  /** What earlier processes of this run have recorded; undefined for a new run. */
  get earlier(): JournalContent | undefined {
    return this.#earlier
  }

  get file(): string {
    return journalFile(this.#directory, this.header.id)
  }

  /** Whether there is anything that another process could go on with, or remove. */
  get isWorthKeeping(): boolean {
    return this.#earlier !== undefined || this.#hasMade || this.#open.size > 0
  }

  /** Whether this process has begun anything. */
  get hasBegun(): boolean {
    return this.#writer !== undefined
  }

  recordOf(key: string): StepRecord | undefined {
    return this.#earlier?.steps.get(key)
  }

  /**
   * Says which instance, or which model, the run works on, before anything is made there.
   *
   * @throws UsageError when a continued run had another one in this place
   */
  useTarget(target: Target): void {
    if (this.#targets.some((known) => isDeepStrictEqual(known, target))) return
    const isSameSort = ({ modelId }: Target): boolean => (modelId === undefined) === (target.modelId === undefined)
    const before = this.#earlier?.targets.filter(isSameSort)[this.#targets.filter(isSameSort).length]
    if (before !== undefined && (before.origin !== target.origin || before.modelId !== target.modelId)) {
      const [was, is] = [before.modelId ?? before.origin, target.modelId ?? target.origin]
      throw new UsageError(`The run ${this.header.id} was made at ${was}, and the settings now name ${is}.`, [
        `set ${target.modelId === undefined ? 'URL' : 'the model'} to ${was} again`,
        'or run without --resume to begin anew',
      ])
    }
    this.#targets.push(target)
    if (before === undefined) this.#unwritten.push({ type: 'target', ...target })
  }

  async begin(key: string): Promise<void> {
    this.#open.add(key)
    await this.#append({ type: 'started', key })
  }

  async note(key: string, note: unknown, created?: Created): Promise<void> {
    if (created !== undefined) this.#hasMade = true
    await this.#append({ type: 'note', key, note, ...(created && { created }) })
  }

  async done(key: string, result: unknown, created?: Created): Promise<void> {
    this.#hasMade = true
    await this.#append({ type: 'done', key, ...(result !== undefined && { result }), ...(created && { created }) })
    this.#open.delete(key)
  }

  async fail(key: string, message: string, isUncertain: boolean): Promise<void> {
    await this.#append({ type: 'failed', key, message, isUncertain })
    if (!isUncertain) this.#open.delete(key)
  }

  async remove(created: Created): Promise<void> {
    await this.#append({ type: 'removed', created })
  }

  /**
   * Gives the run free. A run that has made nothing leaves no journal.
   *
   * @param exitCode of the run; undefined where none has ended, as in a dry run or after a cleanup
   */
  async close(exitCode?: number): Promise<void> {
    const isBegun = this.#writer !== undefined
    try {
      if (exitCode !== undefined && this.isWorthKeeping && (isBegun || this.#earlier?.end?.exitCode !== exitCode)) {
        await this.#append({ type: 'end', exitCode, at: new Date().toISOString() })
      }
    } finally {
      const writer = await this.#writer?.catch(() => undefined)
      await writer?.close()
      if (isBegun && !this.isWorthKeeping) await rm(this.file, { force: true })
      await this.#lock?.release()
    }
  }

  async #append(entry: JournalEntry): Promise<void> {
    const entries = [...this.#unwritten, entry]
    this.#unwritten = []
    try {
      this.#writer ??= this.#openFile()
      const writer = await this.#writer
      await Promise.all(entries.map((one) => writer.append(JSON.stringify(one))))
    } catch (error) {
      throw error instanceof ExpectedError ? error : new JournalError(this.file, error)
    }
  }

  async #openFile(): Promise<LineWriter> {
    if (this.#earlier !== undefined) {
      const handle = await open(this.file, 'a')
      // Half a line that a crash left would make one of it and the next.
      await handle.truncate(this.#earlier.sizeBytes)
      return new LineWriter(handle)
    }
    await mkdir(this.#directory, { recursive: true, mode: 0o700 })
    const { id } = this.header
    this.#lock = await takeLock(lockFile(this.#directory, id), (holder) => inUse(this.#directory, id, holder))
    return new LineWriter(await open(this.file, 'ax', 0o600))
  }
}

function inUse(directory: string, runId: string, holder: string): UsageError {
  return new UsageError(`The run ${runId} is in use by ${holder}.`, [
    'wait until that ends, or interrupt it',
    `if it has ended for certain, remove ${lockFile(directory, runId)}`,
  ])
}
