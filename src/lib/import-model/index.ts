import { connect } from '../api/instance.js'
import type { Settings } from '../config/settings.js'
import type { Sandbox } from '../sandbox/index.js'
import { readModel } from './read-model.js'

export interface ImportOptions {
  /** The instance to read from. */
  readonly source: Pick<Settings, 'origin' | 'credentials'>
  readonly modelIds: readonly string[]
  readonly version: string
  /** Told of what cannot be read and is left out. */
  readonly warn: (message: string) => void
}

/**
 * Copies models of another instance into a sandbox, through that instance's public API, and changes nothing there: the
 * model, its card in all versions with their schemas, its releases, files and images under their own ids. Files and layers
 * have their exact size and read as zeros; manifests and configs of images are as they were.
 *
 * @throws UsageError when the sandbox has one of the models already; ResponseError, ConnectionError and UnexpectedAnswerError
 *   when one cannot be read. The models before it are in the sandbox then.
 */
export async function importModels(
  sandbox: Pick<Sandbox, 'seed'>,
  { source, modelIds, version, warn }: ImportOptions,
): Promise<void> {
  const instance = connect(source, { userAgent: `bailo-exp/${version}` })
  try {
    for (const modelId of modelIds) await sandbox.seed(await readModel(instance, modelId, warn))
  } finally {
    await instance.connection.close()
  }
}
