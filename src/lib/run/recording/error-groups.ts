import { ResponseError } from '../../http/errors.js'

/** More kinds of errors than people look at; what comes after them is counted together. */
const MAX_GROUPS = 50
const MAX_LENGTH = 300
const OTHERS = { error: 'other', message: 'other errors than the ones above' }

/** Errors that differ only in ids, names and numbers. */
export interface ErrorGroup {
  /** The name of the error, and the status that the server answered with: `ResponseError 503`. */
  readonly error: string
  /** Of the error, with `...` where ids, names and numbers were. */
  readonly message: string
  /** Requests that failed by it, also those that were sent again with success. */
  requests: number
  /** Steps that failed by it for good. */
  steps: number
}

/** Counts errors by what they say, in bounded memory. */
export class ErrorGroups {
  readonly #groups = new Map<string, ErrorGroup>()

  note(error: unknown, what: 'requests' | 'steps'): void {
    const name = error instanceof Error ? error.name : 'Error'
    const status = error instanceof ResponseError ? ` ${error.status}` : ''
    const message = generalise(error instanceof Error ? error.message : String(error))
    this.#groupOf(name + status, message)[what]++
  }

  add(groups: readonly ErrorGroup[]): void {
    for (const { error, message, requests, steps } of groups) {
      const group = this.#groupOf(error, message)
      group.requests += requests
      group.steps += steps
    }
  }

  /** The most frequent first. */
  list(): ErrorGroup[] {
    return [...this.#groups.values()].sort((a, b) => b.requests + b.steps - (a.requests + a.steps))
  }

  #groupOf(error: string, message: string): ErrorGroup {
    const key = JSON.stringify([error, message])
    const known = this.#groups.get(key)
    if (known !== undefined) return known
    if (this.#groups.size >= MAX_GROUPS && error !== OTHERS.error) return this.#groupOf(OTHERS.error, OTHERS.message)
    const group = { error, message, requests: 0, steps: 0 }
    this.#groups.set(key, group)
    return group
  }
}

/** Leaves out of a message what tells one object from another: quoted text, ids, digests, versions and numbers. */
export function generalise(message: string): string {
  return message
    .slice(0, MAX_LENGTH)
    .replace(/"(?:[^"\\]|\\.)*"/g, '"..."')
    .replace(/\bsha256:[0-9a-f]+/gi, 'sha256:...')
    .replace(/\b(?=[\w-]*\d)[\w-]{12,}\b/g, '...')
    .replace(/(?<=\s|^)[\w./-]*\d+\.\d+\.\d+[\w.+-]*/g, '...')
    .replace(/(?<!answered |v)\b\d[\d,.]*\d\b|(?<!answered |v)\b\d\b/g, '...')
}
