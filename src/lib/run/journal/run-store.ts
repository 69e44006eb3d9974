import { access, readdir, rm } from 'node:fs/promises'
import { UsageError } from '../../errors.js'
import { findLockHolder, takeLock } from '../../files/lock.js'
import { showServerText } from '../../http/server-text.js'
import { isRunId } from '../run-id.js'
import type { RunHeader } from './entries.js'
import { journalFile, lockFile } from './journal.js'
import { readJournal, type JournalContent } from './read-journal.js'

const SUFFIX = '.jsonl'

/** A run that the state directory knows of. */
export interface KnownRun {
  readonly id: string
  /** What its journal says, or why it cannot be read. */
  readonly content: JournalContent | UsageError
  /** The process that has it now, as `process 123`. */
  readonly holder: string | undefined
}

/** The runs that have a journal, the latest first; those whose journal cannot be read come last. */
export async function listRuns(directory: string): Promise<KnownRun[]> {
  const runs: KnownRun[] = []
  for (const id of await listIds(directory)) {
    const run = await readRun(directory, id)
    if (run !== undefined) runs.push(run)
  }
  return runs.sort((a, b) => compareText(startOf(b), startOf(a)) || compareText(a.id, b.id))
}

/**
 * Finds the run that a user means.
 *
 * @param name its id, or `last` for the one that was started last
 * @param command only runs of this command count for `last`
 * @throws UsageError when there is none
 */
export async function findRunId(directory: string, name: string, command?: string): Promise<string> {
  if (name === 'last') {
    const runs = (await listRuns(directory)).filter(
      ({ content }) =>
        !(content instanceof UsageError) && (command ?? content.header.command) === content.header.command,
    )
    const [latest] = runs
    if (latest !== undefined) return latest.id
    const what = command === undefined ? 'run' : `run of ${command}`
    throw new UsageError(`There is no ${what} in ${directory}.`, ADVICE)
  }
  // The name becomes a file's, so it has to be one that this tool makes.
  if (!(isRunId(name) && (await hasJournal(directory, name))))
    throw new UsageError(`There is no run ${showServerText(name)} in ${directory}.`, ADVICE)
  return name
}

/**
 * Says whether a run is recorded. What a process has left that was killed as it began is none, and is removed.
 *
 * @throws UsageError when a process has the run
 */
export async function isRecorded(directory: string, id: string): Promise<boolean> {
  if (!(await hasJournal(directory, id))) return false
  if ((await readRun(directory, id)) !== undefined) return true
  await forgetRun(directory, id)
  return false
}

function hasJournal(directory: string, id: string): Promise<boolean> {
  return access(journalFile(directory, id)).then(
    () => true,
    () => false,
  )
}

const ADVICE = ['bailo-exp runs list, which lists the runs that there are', 'a run that made nothing leaves no journal']

/**
 * Reads what is known of one run.
 *
 * @returns undefined for a journal without a first line, which a run leaves that was killed as it began
 */
export async function readRun(directory: string, id: string): Promise<KnownRun | undefined> {
  const holder = await findLockHolder(lockFile(directory, id))
  try {
    const content = await readJournal(journalFile(directory, id))
    return content && { id, content, holder }
  } catch (error) {
    if (error instanceof UsageError) return { id, content: error, holder }
    throw error
  }
}

/**
 * Removes the journal of a run; what the run made stays where it is.
 *
 * @throws UsageError when a process has the run
 */
export async function forgetRun(directory: string, id: string): Promise<void> {
  const lock = await takeLock(
    lockFile(directory, id),
    (holder) => new UsageError(`The run ${id} is in use by ${holder}.`, ['wait until that ends, or interrupt it']),
  )
  try {
    await rm(journalFile(directory, id), { force: true })
  } finally {
    await lock.release()
  }
}

async function listIds(directory: string): Promise<string[]> {
  const names = await readdir(directory).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw new UsageError(`The state directory ${directory} cannot be read.`, ['name another with --state-dir'], error)
  })
  const ids = names.filter((name) => name.endsWith(SUFFIX)).map((name) => name.slice(0, -SUFFIX.length))
  return ids.filter(isRunId)
}

function startOf({ content }: KnownRun): string {
  return content instanceof UsageError ? '' : toHeaderTime(content.header)
}

function toHeaderTime({ startedAt }: RunHeader): string {
  return new Date(startedAt).toISOString()
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}
