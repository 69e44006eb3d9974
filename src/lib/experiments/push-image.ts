import type { Instance } from '../api/instance.js'
import type { Settings } from '../config/settings.js'
import type { Fill } from '../content/lazy-stream.js'
import { UsageError } from '../errors.js'
import { RegistryClient } from '../registry/client.js'
import { repositoryOf } from '../registry/image-reference.js'
import { ManifestError } from '../registry/image/parse-manifest.js'
import { describePlatform, readImageSkeleton, type ImageSkeleton } from '../registry/image-skeleton.js'
import {
  computeImageDigest,
  distinctLayers,
  haveSameSizes,
  planImage,
  verifyImage,
  type ImageRequest,
} from '../registry/push-image.js'
import type { ExperimentContext } from './context.js'
import { findModelId, getOrCreateModel } from './get-or-create-model.js'
import { pushImage } from './image-pusher.js'
import { LayerPusher } from './layer-pusher.js'
import { requireImageModel } from './require-image-model.js'
import type { ExperimentResult, Finding } from './result.js'
import { noteStoredBase } from './shared-base.js'
import { withInstance } from './with-instance.js'

export const PUSH_IMAGE_MODEL_KEY = 'PUSH_IMAGE_MODEL_ID'

/** What is pushed, and from what its bytes follow. */
export interface PushImageRequest extends ImageRequest {
  readonly seed: string
  readonly fill: Fill
  /** Whether a tag may be moved that names other content. */
  readonly overwrite: boolean
}

export interface PushImageOptions extends PushImageRequest {
  readonly settings: Settings
  readonly modelId?: string | undefined
}

/** The image that a push ends with. */
export interface PushedImage {
  /** Within the model. */
  readonly name: string
  readonly tag: string
  /** What the tag names: a manifest, or for several platforms an index. Empty in a dry run. */
  readonly digest: string
  /** Sum of the sizes of the layers, for each platform. */
  readonly sizeBytes: number
  /** Sizes of the layers of each platform's image, the lowest first; without a platform it is linux/amd64. */
  readonly images: readonly { readonly platform?: string; readonly layerBytes: readonly number[] }[]
  /** True when the same image was there and nothing was sent. */
  readonly wasThere: boolean
  /** What was to be sent: 0 for an image that was there, less than all layers where a shared base was found elsewhere. */
  readonly bytesToSend: number
}

/** What `push-image --json` prints. */
export interface PushImageResult extends ExperimentResult {
  readonly experiment: 'push-image'
  readonly image: PushedImage
}

/**
 * Pushes one generated image of an exact size into a model, and reads it back.
 *
 * @throws UsageError for a wrong input or another image under that tag; ResponseError and ConnectionError when the
 *   instance or its registry does not take it
 */
export async function pushImageExperiment(
  context: ExperimentContext,
  options: PushImageOptions,
): Promise<PushImageResult> {
  const { run } = context
  // Before anything is sent: what cannot be planned is a matter of the command line.
  planImage(options)
  return withInstance(context, options.settings, async (instance) => {
    const request = {
      modelId: options.modelId,
      envKey: PUSH_IMAGE_MODEL_KEY,
      name: 'Pushed images',
      description: 'Images of synthetic layers, made by bailo-exp push-image.',
    }
    const existingId = findModelId(options.settings, request)
    if (existingId !== undefined) {
      repositoryOf(existingId, options)
      await requireImageModel(instance, existingId)
    }
    const model = await getOrCreateModel(context, instance, options.settings, request)
    const { image, findings } = await pushGeneratedImage(context, instance, model, options)
    return {
      experiment: 'push-image',
      version: context.version,
      seed: options.seed,
      target: { url: instance.origin, ...model },
      image,
      run: run.report(),
      findings,
    }
  })
}

/** The same in a model that is known to take images. */
export async function pushGeneratedImage(
  context: ExperimentContext,
  instance: Instance,
  { modelId, isNew }: { readonly modelId: string; readonly isNew: boolean },
  request: PushImageRequest,
): Promise<{ image: PushedImage; findings: readonly Finding[] }> {
  const { run } = context
  const { name, tag, sizeBytes, seed, fill } = request
  const skeleton = planImage(request)
  const repository = repositoryOf(modelId, request)
  const client = new RegistryClient(instance.connection)
  const describe = (digest: string, bytesToSend: number): PushedImage => ({
    ...{ name, tag, digest, sizeBytes, wasThere: bytesToSend === 0, bytesToSend },
    images: skeleton.images.map(({ platform, layers }) => ({
      ...(platform && { platform: describePlatform(platform) ?? '' }),
      layerBytes: layers.map((layer) => layer.sizeBytes),
    })),
  })
  const check = async (digest: string): Promise<Finding[]> => {
    const problems = await verifyImage(client, repository, tag, { digest, sizeBytes })
    return problems.map((message) => ({ subject: `image ${name}:${tag}`, message }))
  }

  const present = isNew ? undefined : await findSameImage(context, client, { ...request, repository, skeleton })
  if (present !== undefined) return { image: describe(present, 0), findings: await check(present) }

  const layers = new LayerPusher(run, client, { seed, fill })
  const [base] = request.sharedBaseBytes === undefined ? [] : (skeleton.images[0]?.layers ?? [])
  const hasBase = !isNew && base !== undefined && (await noteStoredBase(layers, instance, client, modelId, base, name))
  const distinct = distinctLayers(skeleton)
  const bytesToSend = distinct
    .filter((layer) => !(hasBase && layer.digest === base.digest))
    .reduce((sum, layer) => sum + layer.sizeBytes, 0)
  run.expect({ steps: distinct.length + 1, bytes: bytesToSend })
  const place = { run, client, layers, origin: instance.origin, modelId, seed }
  const digest = await pushImage(place, { name, tag, skeleton })
  return { image: describe(digest, bytesToSend), findings: run.isDryRun ? [] : await check(digest) }
}

/**
 * Returns the digest of the image when the tag names it already. Layers are a function of the seed, so that their digests
 * can be known without a registry, but only by making all their bytes: that is done only where the tag is there with
 * layers of the same sizes.
 *
 * @throws UsageError when the tag names something else and may not be moved
 */
async function findSameImage(
  { warn }: ExperimentContext,
  client: RegistryClient,
  request: PushImageRequest & { readonly repository: string; readonly skeleton: ImageSkeleton },
): Promise<string | undefined> {
  const { repository, name, tag, skeleton, overwrite } = request
  const present = await client.findManifest(repository, tag)
  if (present === undefined) return undefined
  const hasSameSizes = await readImageSkeleton(client, repository, tag).then(
    (found) => haveSameSizes(skeleton, found),
    (error: unknown) => {
      // What cannot be read as an image is another one.
      if (error instanceof ManifestError) return false
      throw error
    },
  )
  const isSame = hasSameSizes && (await computeImageDigest(request)) === present.digest
  if (isSame) {
    warn(`${name}:${tag} is there already with the same digest; nothing was sent.`)
    return present.digest
  }
  if (overwrite) return undefined
  throw new UsageError(`${repository}:${tag} is there already with other content.`, [
    'another tag, or --overwrite to move this one; releases that name it then have the new content',
  ])
}
