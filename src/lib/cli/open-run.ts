import path from 'node:path'
import { loadFlagSettings, type ConnectionFlags } from './load-settings.js'
import { loadSettings, type Settings } from '../config/settings.js'
import { Journal } from '../run/journal/journal.js'
import { findRunId } from '../run/journal/run-store.js'
import { resolveRunsDirectory } from './run-record.js'

/**
 * Opens the journal of a run for this process, and gives it free afterwards.
 *
 * @param name the run's id, or `last`
 * @throws UsageError when there is no such run, or another process has it
 */
export async function withRunJournal<T>(
  options: { readonly name: string; readonly stateDir: string | undefined; readonly version: string },
  use: (journal: Journal) => Promise<T>,
): Promise<T> {
  const directory = resolveRunsDirectory(options.stateDir)
  const journal = await Journal.open(directory, await findRunId(directory, options.name), options.version)
  try {
    return await use(journal)
  } finally {
    await journal.close()
  }
}

/**
 * The settings of the instance that a run made things on: those that are given now, and otherwise those that it was started
 * with.
 *
 * @throws UsageError as {@link loadSettings} does
 */
export async function loadSettingsOfRun(
  { header }: Pick<Journal, 'header'>,
  given: ConnectionFlags,
): Promise<Settings> {
  const { 'env-file': givenFile, url: givenUrl } = given
  if (givenFile !== undefined) return loadFlagSettings(given)
  // What a run makes is at the destination, where it has two ends.
  const destination = header.args.find((word) => word.startsWith('--to-env-file='))
  const own = destination ?? header.args.find((word) => word.startsWith('--env-file='))
  const recordedFile = (word: string | undefined): string | undefined =>
    word === undefined ? undefined : path.resolve(header.cwd, word.slice(word.indexOf('=') + 1))
  const envFile = recordedFile(own)
  const caFile = given['ca-file'] ?? recordedFile(header.args.find((word) => word.startsWith('--ca-file=')))
  const url = givenUrl ?? header.args.find((word) => word.startsWith('--url='))?.slice('--url='.length)
  const environment = destination === undefined ? process.env : {}
  return loadSettings({ envFile, caFile, url: destination === undefined ? url : givenUrl, environment })
}
