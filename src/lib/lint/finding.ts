import { createHash } from 'node:crypto'
import path from 'node:path'
import type { SourceLocation } from './client-call.js'

/** From loud to quiet; a rule that is off is not run. */
export const LEVELS = ['error', 'warning', 'info'] as const
export type Level = (typeof LEVELS)[number]

/** What a rule has found, before its level is known. */
export interface Problem {
  readonly message: string
  /** In upper case; empty when the problem is not of one operation. */
  readonly method: string
  /** As the client or the specification writes it; empty when it cannot be told. */
  readonly path: string
  /** In the client's source, or only the name of the specification. */
  readonly location: SourceLocation | { readonly file: string }
  /** What tells problems of one rule and operation apart: the name of a parameter, a place in an answer. */
  readonly subject?: string
  /** Where it is in the specification, or in an answer for `response-mismatch` (RFC 6901). */
  readonly pointer?: string
}

/** One finding as it is printed. */
export interface Finding {
  readonly rule: string
  readonly level: Level
  readonly method: string
  readonly path: string
  readonly file: string
  /** Counts from 1, as the column does; null where the finding is of a specification. */
  readonly line: number | null
  readonly column: number | null
  readonly function: string
  readonly message: string
  /** 12 hexadecimal digits that stay the same when lines move. */
  readonly fingerprint: string
  readonly pointer?: string
}

/** Gives fingerprints to the findings of one run. */
export class Fingerprints {
  readonly #seen = new Map<string, number>()

  /**
   * A fingerprint says what was found, of which operation and in which function, not in which line. Of the file only the
   * name counts, so that it does not matter where a check runs. The second of equal findings is told by its number.
   */
  of(rule: string, { method, path: template, location, subject = '' }: Problem): string {
    const file = path.posix.basename(location.file.replaceAll('\\', '/').replace(/[?#].*$/s, ''))
    const within = 'function' in location ? location.function : ''
    const identity = JSON.stringify([rule, method, template, file, within, subject])
    const number = this.#seen.get(identity) ?? 0
    this.#seen.set(identity, number + 1)
    return createHash('sha256').update(`${identity}${number}`).digest('hex').slice(0, 12)
  }
}

/** Makes a finding of a problem. */
export function toFinding(rule: string, level: Level, problem: Problem, fingerprints: Fingerprints): Finding {
  const { method, path: template, location, message, pointer } = problem
  const source = 'line' in location ? location : undefined
  return {
    rule,
    level,
    method,
    path: template,
    file: location.file,
    line: source?.line ?? null,
    column: source?.column ?? null,
    function: source?.function ?? '',
    message,
    fingerprint: fingerprints.of(rule, problem),
    ...(pointer !== undefined && { pointer }),
  }
}
