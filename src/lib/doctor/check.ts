import { ExpectedError, type ExitCode } from '../errors.js'

/** `note` is true and worth knowing, and stands in nothing's way; `skipped` could not or need not be looked at. */
export type CheckStatus = 'pass' | 'fail' | 'note' | 'skipped'

/** What one look at the instance has shown. */
export interface Check {
  /** Permanent, in kebab-case. */
  readonly id: string
  readonly status: CheckStatus
  /** Without a full stop. */
  readonly detail: string
  /** In the imperative; of a check that failed. */
  readonly tryNext: readonly string[]
}

/** A check and what the error behind it, if any, stands for. */
export interface Outcome<T = undefined> {
  readonly check: Check
  /** What was found out, for the checks that follow; undefined when it failed. */
  readonly value?: T
  /** Of the error that it failed with. */
  readonly exitCode?: ExitCode
}

/**
 * Looks at something. An error that is meant for people becomes a failed check; others are defects and thrown.
 *
 * @param look returns a detail for a pass, or a check of its own
 */
export async function attempt<T>(id: string, look: () => Promise<Omit<Outcome<T>, 'exitCode'>>): Promise<Outcome<T>> {
  try {
    return await look()
  } catch (error) {
    if (!(error instanceof ExpectedError)) throw error
    const detail = error.message.replace(/\.$/, '')
    return { check: { id, status: 'fail', detail, tryNext: error.tryNext }, exitCode: error.exitCode }
  }
}

export function pass(id: string, detail: string): Check {
  return { id, status: 'pass', detail, tryNext: [] }
}

export function note(id: string, detail: string): Check {
  return { id, status: 'note', detail, tryNext: [] }
}

export function fail(id: string, detail: string, ...tryNext: string[]): Check {
  return { id, status: 'fail', detail, tryNext }
}

/** Whether the instance knows nothing of what was looked for. */
export function isAbsent({ status, detail }: Check): boolean {
  return status === 'fail' && detail.includes(' answered 404')
}

export function skipped(id: string, detail: string): Check {
  return { id, status: 'skipped', detail, tryNext: [] }
}
