import type { Instance } from '../api/instance.js'
import { getModel } from '../api/models.js'
import { UsageError } from '../errors.js'

/**
 * Refuses a model of a kind that takes no images, before anything is sent to it.
 *
 * @throws UsageError for a data card or a mirror; ResponseError 404 when there is no such model
 */
export async function requireImageModel(instance: Instance, modelId: string): Promise<void> {
  const { kind } = await getModel(instance, modelId)
  if (kind === 'data-card') {
    throw new UsageError(`${modelId} is a data card, and data cards take no images.`, ['choose a model as --model'])
  }
  if (kind.startsWith('mirrored-')) {
    throw new UsageError(`${modelId} is a ${kind}: images reach it only by mirroring.`, ['choose a model as --model'])
  }
}
