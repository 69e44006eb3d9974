import { UsageError } from '../errors.js'
import { detailRun, summariseRun, type RunDetails, type RunSummary } from '../run/journal/describe-run.js'
import { findRunId, forgetRun, listRuns, readRun } from '../run/journal/run-store.js'
import { resolveRunsDirectory, writeResumeCommand } from './run-record.js'

/** What the commands that look at runs share. */
export interface RunsFlags {
  readonly 'state-dir'?: string | undefined
}

/** All runs that have a journal, the latest first. */
export async function listKnownRuns(flags: RunsFlags): Promise<RunSummary[]> {
  return (await listRuns(resolveRunsDirectory(flags['state-dir']))).map(summariseRun)
}

/**
 * All that is known of one run, with the command that goes on with it, where there is something to go on with.
 *
 * @throws UsageError when there is none
 */
export async function showKnownRun(
  name: string,
  program: string,
  flags: RunsFlags,
): Promise<RunDetails & { readonly resume?: string }> {
  const directory = resolveRunsDirectory(flags['state-dir'])
  const id = await findRunId(directory, name)
  const run = await readRun(directory, id)
  if (run === undefined) throw new UsageError(`The run ${id} was killed before anything was recorded of it.`)
  const details = detailRun(run)
  const isOpen = details.state === 'incomplete' || details.state === 'broken off'
  if (!isOpen || details.command === undefined) return details
  const words = (details.args ?? []).filter((word) => word.startsWith('--env-file='))
  const stateDir = flags['state-dir'] === undefined ? [] : [`--state-dir=${flags['state-dir']}`]
  return { ...details, resume: writeResumeCommand(program, details.command, id, [...words, ...stateDir]) }
}

/**
 * Removes the journals of runs; what these made stays where it is.
 *
 * @returns their ids
 * @throws UsageError when there is no such run, or a process has it; those before it are forgotten then
 */
export async function forgetKnownRuns(names: readonly string[], flags: RunsFlags): Promise<string[]> {
  const directory = resolveRunsDirectory(flags['state-dir'])
  const forgotten: string[] = []
  for (const name of names) {
    const id = await findRunId(directory, name)
    await forgetRun(directory, id)
    forgotten.push(id)
  }
  return forgotten
}
