import { listImages } from '../api/images.js'
import type { Instance } from '../api/instance.js'
import type { RegistryClient } from '../registry/client.js'
import type { LayerSkeleton } from '../registry/image-skeleton.js'
import type { LayerPusher } from './layer-pusher.js'

/** How many repositories are asked for a layer: each costs the server a check of the keys and a request. */
const MAX_REPOSITORIES = 16

/**
 * Looks in the repositories of a model for a base that images share, so that it is mounted from there and not sent again.
 * Its digest is computed for that, which takes as long as making its bytes once; where the model has no images, nothing is
 * computed.
 *
 * @param firstName name of the image that is asked first
 * @returns whether one has it
 */
export async function noteStoredBase(
  layers: LayerPusher,
  instance: Instance,
  client: RegistryClient,
  modelId: string,
  base: LayerSkeleton,
  firstName: string,
): Promise<boolean> {
  const names = (await listImages(instance, modelId)).map((image) => image.name)
  if (names.length === 0) return false
  const layer = await layers.compute(base)
  const inOrder = [...names.filter((name) => name === firstName), ...names.filter((name) => name !== firstName)]
  for (const name of inOrder.slice(0, MAX_REPOSITORIES)) {
    const repository = `${modelId}/${name}`
    if ((await client.findBlob(repository, layer.digest)) !== layer.size) continue
    layers.noteStored(repository, base, layer)
    return true
  }
  return false
}
