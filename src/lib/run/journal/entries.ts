import { isRecord } from '../../http/errors.js'
import type { Created } from '../created.js'

/** Raised when a reader of this version could not understand what later ones write. */
export const JOURNAL_FORMAT = 1

/** What a run was started with: the first line of its journal. */
export interface RunHeader {
  readonly format: typeof JOURNAL_FORMAT
  readonly id: string
  /** As it is written on the command line: `clone-releases`. */
  readonly command: string
  /** Of this tool. */
  readonly version: string
  /** Flags and arguments of the command, without those that only concern presentation or pace. Keys are never flags. */
  readonly args: readonly string[]
  /** What relative paths in `args` begin at. */
  readonly cwd: string
  /** ISO 8601. */
  readonly startedAt: string
}

/** An instance, or a model in one, that a run works on. */
export interface Target {
  readonly origin: string
  readonly modelId?: string
}

/** One line of a journal. */
export type JournalEntry =
  | ({ readonly type: 'run' } & RunHeader)
  | ({ readonly type: 'target' } & Target)
  | { readonly type: 'started'; readonly key: string }
  /** What a step wants to know of itself when it is continued, and what it has made before it is done. */
  | { readonly type: 'note'; readonly key: string; readonly note: unknown; readonly created?: Created }
  | { readonly type: 'done'; readonly key: string; readonly result?: unknown; readonly created?: Created }
  /** `isUncertain`: it may have happened although no answer said so. */
  | { readonly type: 'failed'; readonly key: string; readonly message: string; readonly isUncertain: boolean }
  | { readonly type: 'resumed'; readonly version: string; readonly at: string }
  | { readonly type: 'end'; readonly exitCode: number; readonly at: string }
  /** By cleanup: this is no longer on the server. */
  | { readonly type: 'removed'; readonly created: Created }

/**
 * Reads one line of a journal. Fields that it does not know are left out, so that nothing in a file, whatever its name, can
 * take effect.
 *
 * @returns the entry, or why the line is none
 */
export function parseEntry(line: string): JournalEntry | string {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return 'it is not JSON'
  }
  if (!isRecord(value)) return 'it is no JSON object'
  try {
    return readEntry(new Fields(value))
  } catch (error) {
    if (error instanceof FieldError) return error.message
    throw error
  }
}

function readEntry(fields: Fields): JournalEntry {
  const type = fields.text('type')
  switch (type) {
    case 'run':
      return { type, ...readHeader(fields) }
    case 'target':
      return {
        type,
        origin: fields.text('origin'),
        ...(fields.has('modelId') && { modelId: fields.text('modelId') }),
      }
    case 'started':
      return { type, key: fields.text('key') }
    case 'note':
      return { type, key: fields.text('key'), note: fields.any('note'), ...readCreated(fields) }
    case 'done':
      return { type, key: fields.text('key'), result: fields.any('result'), ...readCreated(fields) }
    case 'failed':
      return {
        type,
        key: fields.text('key'),
        message: fields.text('message'),
        isUncertain: fields.flag('isUncertain'),
      }
    case 'resumed':
      return { type, version: fields.text('version'), at: fields.moment('at') }
    case 'end':
      return { type, exitCode: fields.count('exitCode'), at: fields.moment('at') }
    case 'removed':
      return { type, created: toCreated(fields.object('created')) }
    default:
      throw new FieldError(`its type is ${JSON.stringify(type.slice(0, 40))}, which this version does not know`)
  }
}

function readHeader(fields: Fields): RunHeader {
  const format = fields.count('format')
  if (format !== JOURNAL_FORMAT) {
    throw new FieldError(`it has the format ${format}, and this version of bailo-exp reads format ${JOURNAL_FORMAT}`)
  }
  return {
    format,
    id: fields.text('id'),
    command: fields.text('command'),
    version: fields.text('version'),
    args: fields.texts('args'),
    cwd: fields.text('cwd'),
    startedAt: fields.moment('startedAt'),
  }
}

function readCreated(fields: Fields): { created?: Created } {
  return fields.has('created') ? { created: toCreated(fields.object('created')) } : {}
}

function toCreated(fields: Fields): Created {
  const place = { origin: fields.text('origin'), modelId: fields.text('modelId') }
  const type = fields.text('type')
  switch (type) {
    case 'model':
      return {
        type,
        ...place,
        name: fields.text('name'),
        ...(fields.has('envKey') && { envKey: fields.text('envKey') }),
      }
    case 'file':
      return {
        type,
        ...place,
        fileId: fields.text('fileId'),
        name: fields.text('name'),
        sizeBytes: fields.count('sizeBytes'),
      }
    case 'release':
      return {
        type,
        ...place,
        semver: fields.text('semver'),
        ...(fields.has('fingerprint') && { fingerprint: fields.text('fingerprint') }),
      }
    case 'image':
      return { type, ...place, name: fields.text('name'), tag: fields.text('tag'), digest: fields.text('digest') }
    default:
      throw new FieldError(`what was created is of the type ${JSON.stringify(type.slice(0, 40))}`)
  }
}

class FieldError extends Error {}

/** The fields of an object that came from a file. */
class Fields {
  readonly #values: ReadonlyMap<string, unknown>

  constructor(record: Readonly<Record<string, unknown>>) {
    // A Map has no prototype in which a name could be found.
    this.#values = new Map(Object.entries(record))
  }

  has(name: string): boolean {
    return this.#values.get(name) !== undefined
  }

  any(name: string): unknown {
    return this.#values.get(name)
  }

  text(name: string): string {
    const value = this.#values.get(name)
    if (typeof value !== 'string') throw new FieldError(`its ${name} is no text`)
    return value
  }

  texts(name: string): string[] {
    const value = this.#values.get(name)
    if (!Array.isArray(value) || !value.every((one) => typeof one === 'string')) {
      throw new FieldError(`its ${name} are no list of texts`)
    }
    return value
  }

  flag(name: string): boolean {
    const value = this.#values.get(name)
    if (typeof value !== 'boolean') throw new FieldError(`its ${name} is neither true nor false`)
    return value
  }

  count(name: string): number {
    const value = this.#values.get(name)
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
      throw new FieldError(`its ${name} is no whole number`)
    }
    return value
  }

  moment(name: string): string {
    const value = this.text(name)
    if (Number.isNaN(Date.parse(value))) throw new FieldError(`its ${name} is no time`)
    return value
  }

  object(name: string): Fields {
    const value = this.#values.get(name)
    if (!isRecord(value)) throw new FieldError(`its ${name} is no object`)
    return new Fields(value)
  }
}
