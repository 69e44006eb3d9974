import path from 'node:path'
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
  given: { readonly 'env-file'?: string | undefined; readonly url?: string | undefined },
): Promise<Settings> {
  const { 'env-file': givenFile, url: givenUrl } = given
  if (givenFile !== undefined) return loadSettings({ envFile: givenFile, url: givenUrl, environment: process.env })
  // What a run makes is at the destination, where it has two ends.
  const destination = header.args.find((word) => word.startsWith('--to-env-file='))
  const own = destination ?? header.args.find((word) => word.startsWith('--env-file='))
  const envFile = own === undefined ? undefined : path.resolve(header.cwd, own.slice(own.indexOf('=') + 1))
  const url = givenUrl ?? header.args.find((word) => word.startsWith('--url='))?.slice('--url='.length)
  const environment = destination === undefined ? process.env : {}
  return loadSettings({ envFile, url: destination === undefined ? url : givenUrl, environment })
}
