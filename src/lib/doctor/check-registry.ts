import type { RegistryClient } from '../registry/client.js'
import { attempt, note, pass, skipped, type Check } from './check.js'

/** Name of the repository, within the model, that pushing is tried with; it is never made. */
const PROBE_NAME = 'bailo-exp-doctor'

/** Whether there is a registry, and whether it and Bailo agree on who may use it. */
export async function checkRegistry(client: RegistryClient): Promise<Check> {
  const id = 'registry'
  const { check } = await attempt(id, async () => {
    const wantsToken = await client.signIn()
    if (wantsToken) return { check: pass(id, 'it answers, and Bailo gives a token for it') }
    return { check: note(id, 'it answers everybody, without a token') }
  })
  return check
}

/**
 * Whether images can be pushed into a model: a token for that is asked for, and with `opensUpload` an upload is opened and
 * cancelled.
 */
export async function checkPush(
  client: RegistryClient,
  modelId: string | undefined,
  opensUpload: boolean,
): Promise<Check> {
  const id = 'push'
  if (modelId === undefined) return skipped(id, 'which model? --model MODEL_ID tries it')
  const { check } = await attempt(id, async () => {
    const repository = `${modelId}/${PROBE_NAME}`
    await client.signIn(repository)
    if (!opensUpload) return { check: pass(id, `Bailo gives a token to push to ${modelId}; --write also tries it`) }
    await client.tryUpload(repository)
    return { check: pass(id, `an upload to ${modelId} could be opened, and was cancelled`) }
  })
  return check
}
