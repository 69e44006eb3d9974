import { UsageError } from '../../errors.js'
import type { Created } from '../created.js'
import type { KnownRun } from './run-store.js'

/**
 * How a run ended: `running` while a process has it; `done` when all was made and, where it was checked, as asked for;
 * `findings` when the check found something; `incomplete` when a part was not made; `broken off` when no process came to
 * its end; `cleaned up` when nothing is left of what it made; `unreadable` when its journal is damaged.
 */
export type RunState = 'running' | 'done' | 'findings' | 'incomplete' | 'broken off' | 'cleaned up' | 'unreadable'

/** A run in a list. */
export interface RunSummary {
  readonly id: string
  readonly state: RunState
  /** Absent, like the rest, for a run whose journal cannot be read. */
  readonly command?: string
  readonly startedAt?: string
  readonly stepsDone?: number
  /** Steps that failed, or that nobody knows the outcome of. */
  readonly stepsOpen?: number
  /** What it has made and nobody has cleaned up. */
  readonly createdCount?: number
  readonly origins?: readonly string[]
  /** Why the journal cannot be read. */
  readonly problem?: string
}

/** A run with all that is recorded of it. */
export interface RunDetails extends RunSummary {
  readonly version?: string
  /** The flags and arguments that it was started with. */
  readonly args?: readonly string[]
  readonly cwd?: string
  readonly exitCode?: number
  readonly failed?: readonly { readonly key: string; readonly message: string }[]
  readonly created?: readonly Created[]
  /** How many things were removed by cleanup. */
  readonly removedCount?: number
}

/** What there is to say of a run in one line. */
export function summariseRun({ id, content, holder }: KnownRun): RunSummary {
  if (content instanceof UsageError) return { id, state: 'unreadable', problem: content.message }
  const { header, steps, created, targets } = content
  const done = [...steps.values()].filter(({ state }) => state === 'done').length
  return {
    id,
    state: holder === undefined ? stateOf(content) : 'running',
    command: header.command,
    startedAt: header.startedAt,
    stepsDone: done,
    stepsOpen: steps.size - done,
    createdCount: created.length,
    origins: [...new Set(targets.map(({ origin }) => origin))],
  }
}

/** All that is recorded of a run. */
export function detailRun(run: KnownRun): RunDetails {
  const { content } = run
  if (content instanceof UsageError) return summariseRun(run)
  const { header, end, failures, created, removedCount } = content
  return {
    ...summariseRun(run),
    version: header.version,
    args: header.args,
    cwd: header.cwd,
    ...(end !== undefined && { exitCode: end.exitCode }),
    failed: [...failures].map(([key, message]) => ({ key, message })),
    created,
    removedCount,
  }
}

function stateOf({ end, created, removedCount }: Exclude<KnownRun['content'], UsageError>): RunState {
  if (removedCount > 0 && created.length === 0) return 'cleaned up'
  if (end === undefined) return 'broken off'
  if (end.exitCode === 0) return 'done'
  return end.exitCode === 1 ? 'findings' : 'incomplete'
}
