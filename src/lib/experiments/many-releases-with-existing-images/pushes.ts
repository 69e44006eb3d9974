import pLimit from 'p-limit'
import { repositoryOf } from '../../registry/image-reference.js'
import { distinctLayers, planImage, verifyImage, type ImageRequest } from '../../registry/push-image.js'
import { pushImage } from '../image-pusher.js'
import { LayerPusher } from '../layer-pusher.js'
import type { Finding } from '../result.js'
import { noteStoredBase } from '../shared-base.js'
import type { Work } from './options.js'

/** The digests that the tags of the pushed images name, by name of the image, as soon as each is there. */
export type PushedImages = ReadonlyMap<string, Promise<string>>

/**
 * Starts to push all images; whoever needs one waits for its promise.
 *
 * @param isNew whether the model has just been made, so that nothing in it can be used again
 * @returns the promises, and how many bytes are sent for them: a shared base once, or not at all
 */
export async function startPushes(
  { context: { run }, instance, client, options, modelId }: Work,
  pushes: readonly ImageRequest[],
  isNew: boolean,
): Promise<{ pushed: PushedImages; steps: number; bytes: number }> {
  const { seed, fill, sharedBaseBytes } = options
  const layers = new LayerPusher(run, client, { seed, fill })
  const images = pushes.map((push) => ({ name: push.name, tag: push.tag, skeleton: planImage(push) }))
  const [first] = images
  const base = sharedBaseBytes === undefined ? undefined : first?.skeleton.images[0]?.layers[0]
  const hasBase =
    !isNew && first && base ? await noteStoredBase(layers, instance, client, modelId, base, first.name) : false
  const distinct = new Map(
    images.flatMap(({ skeleton }) => distinctLayers(skeleton)).map((layer) => [layer.digest, layer.sizeBytes]),
  )
  if (hasBase && base) distinct.delete(base.digest)

  const place = { run, client, layers, origin: instance.origin, modelId, seed }
  const pushed = images.map((image) => {
    const digest = pushImage(place, image)
    // Failures are looked at where the image is needed, which may be later.
    digest.catch(() => undefined)
    return [image.name, digest] as const
  })
  const bytes = [...distinct.values()].reduce((sum, sizeBytes) => sum + sizeBytes, 0)
  const mounts = sharedBaseBytes === undefined ? 0 : images.length - (hasBase ? 0 : 1)
  return { pushed: new Map(pushed), steps: distinct.size + mounts + images.length, bytes }
}

/** Reads the pushed images again, and says where one is not as it was to be. Those that failed are left out. */
export async function checkPushes(
  { context, client, modelId }: Work,
  pushes: readonly ImageRequest[],
  pushed: PushedImages,
): Promise<Finding[]> {
  const limit = pLimit(context.run.concurrency)
  const checkOne = async ({ name, tag, sizeBytes }: ImageRequest): Promise<Finding[]> => {
    const digest = await pushed.get(name)?.catch(() => undefined)
    if (digest === undefined) return []
    const problems = await verifyImage(client, repositoryOf(modelId, { name, tag }), tag, { digest, sizeBytes })
    return problems.map((message) => ({ subject: `image ${name}:${tag}`, message }))
  }
  return (await Promise.all(pushes.map((push) => limit(checkOne, push)))).flat()
}
