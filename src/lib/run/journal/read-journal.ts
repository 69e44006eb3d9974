import { UsageError } from '../../errors.js'
import { LineTooLongError, readLines } from '../../files/read-lines.js'
import { showServerText } from '../../http/server-text.js'
import { createdKey, type Created } from '../created.js'
import { parseEntry, type JournalEntry, type RunHeader, type Target } from './entries.js'

/** Lines hold ids, names and sizes. The longest names that Bailo takes are of a few thousand characters. */
const MAX_LINE_BYTES = 1024 * 1024

/** What a journal says of one step. */
export interface StepRecord {
  readonly state: 'begun' | 'done' | 'failed'
  /** Whether it may have happened although no answer said so. */
  readonly isUncertain: boolean
  /** Of a step that is done. */
  readonly result: unknown
  /** What the step wanted to know of itself, oldest first; empty once it is done. */
  readonly notes: readonly unknown[]
}

/** As long as it is being read. */
type OpenStepRecord = StepRecord & { readonly notes: unknown[] }

/** What a journal says. */
export interface JournalContent {
  readonly header: RunHeader
  /** The instances and models of the run, in the order in which they were named first. */
  readonly targets: readonly Target[]
  /** By key. */
  readonly steps: ReadonlyMap<string, StepRecord>
  /** What the run has made, oldest first, and nobody has removed by `cleanup`. */
  readonly created: readonly Created[]
  /** How many things `cleanup` has removed. */
  readonly removedCount: number
  /** The steps that failed and were not done afterwards, with what was said of it. */
  readonly failures: ReadonlyMap<string, string>
  /** Absent while the run goes on, and when it was broken off. */
  readonly end: { readonly exitCode: number; readonly at: string } | undefined
  /** Where the whole lines end; what follows was cut off while it was written. */
  readonly sizeBytes: number
}

/**
 * Reads the journal of a run.
 *
 * @returns undefined for a file that was cut off before its first line was whole
 * @throws UsageError when the file cannot be read, or a line is damaged, with the line's number
 */
export async function readJournal(file: string): Promise<JournalContent | undefined> {
  const reader = new JournalReader()
  let sizeBytes = 0
  try {
    for await (const { text, number, endOffset } of readLines(file, MAX_LINE_BYTES)) {
      const entry = parseEntry(text)
      const complaint = typeof entry === 'string' ? entry : reader.add(entry)
      if (complaint !== undefined) throw damaged(file, number, complaint)
      sizeBytes = endOffset
    }
  } catch (error) {
    if (error instanceof UsageError) throw error
    if (error instanceof LineTooLongError) throw damaged(file, error.lineNumber, 'it is far too long')
    throw new UsageError(
      `The journal ${file} cannot be read: ${error instanceof Error ? error.message : String(error)}.`,
      [],
      error,
    )
  }
  return reader.finish(sizeBytes)
}

function damaged(file: string, lineNumber: number, complaint: string): UsageError {
  return new UsageError(`Line ${lineNumber} of the journal ${file} is damaged: ${showServerText(complaint)}.`, [
    'restore the file, if there is a copy of it',
    'or run the command again without --resume: what is there is found by looking',
  ])
}

class JournalReader {
  #header: RunHeader | undefined
  readonly #targets: Target[] = []
  readonly #steps = new Map<string, OpenStepRecord>()
  readonly #created = new Map<string, Created>()
  readonly #failures = new Map<string, string>()
  #removedCount = 0
  #end: JournalContent['end']

  /** Takes in an entry, or says why it cannot be there. */
  add(entry: JournalEntry): string | undefined {
    if (entry.type === 'run') {
      if (this.#header !== undefined) return 'it begins a second run'
      this.#header = entry
      return undefined
    }
    if (this.#header === undefined) return 'it does not say which run this is'
    if (entry.type !== 'removed') this.#end = undefined
    switch (entry.type) {
      case 'target':
        this.#targets.push({ origin: entry.origin, ...(entry.modelId !== undefined && { modelId: entry.modelId }) })
        break
      case 'started': {
        const notes = this.#steps.get(entry.key)?.notes ?? []
        this.#steps.set(entry.key, { state: 'begun', isUncertain: true, result: undefined, notes })
        break
      }
      case 'note': {
        const step = this.#steps.get(entry.key)
        if (step === undefined) return `the step ${JSON.stringify(entry.key)} has not begun`
        step.notes.push(entry.note)
        this.#note(entry.created)
        break
      }
      case 'done':
        if (!this.#steps.has(entry.key)) return `the step ${JSON.stringify(entry.key)} has not begun`
        this.#steps.set(entry.key, { state: 'done', isUncertain: false, result: entry.result, notes: [] })
        this.#failures.delete(entry.key)
        this.#note(entry.created)
        break
      case 'failed': {
        const step = this.#steps.get(entry.key)
        if (step === undefined) return `the step ${JSON.stringify(entry.key)} has not begun`
        this.#steps.set(entry.key, { ...step, state: 'failed', isUncertain: entry.isUncertain })
        this.#failures.set(entry.key, entry.message)
        break
      }
      case 'removed':
        if (!this.#created.delete(createdKey(entry.created))) return 'it removes what was not made'
        this.#removedCount++
        break
      case 'end':
        this.#end = { exitCode: entry.exitCode, at: entry.at }
        break
      case 'resumed':
        break
    }
    return undefined
  }

  finish(sizeBytes: number): JournalContent | undefined {
    if (this.#header === undefined) return undefined
    return {
      header: this.#header,
      targets: this.#targets,
      steps: this.#steps,
      created: [...this.#created.values()],
      removedCount: this.#removedCount,
      failures: this.#failures,
      end: this.#end,
      sizeBytes,
    }
  }

  #note(created: Created | undefined): void {
    // The first place counts, so that a file that is begun and then finished keeps its place in time.
    if (created !== undefined && !this.#created.has(createdKey(created))) {
      this.#created.set(createdKey(created), created)
    }
  }
}
