import type { ImageReference } from '../../api/answers.js'
import { listImages } from '../../api/images.js'
import type { Instance } from '../../api/instance.js'
import { listReleases } from '../../api/releases.js'
import { ExpectedError, UsageError } from '../../errors.js'
import { RegistryClient } from '../../registry/client.js'
import type { ImageRequest } from '../../registry/push-image.js'
import { checkAtEnd } from '../check-at-end.js'
import type { ExperimentContext } from '../context.js'
import { findModelId, getOrCreateModel } from '../get-or-create-model.js'
import { requireImageModel } from '../require-image-model.js'
import type { ExperimentResult } from '../result.js'
import { withInstance } from '../with-instance.js'
import { chooseTags, type TagChoice } from './choose-tag.js'
import type { ExistingImagesOptions } from './options.js'
import {
  compareImages,
  groupImages,
  MIB,
  planPushes,
  sortImages,
  type LeftOutImage,
  type NumberedImage,
} from './plan.js'
import { checkPushes, startPushes } from './pushes.js'
import { checkReleases, makeReleases, refuseLargeReleases, type ReleaseOfImages } from './releases.js'

export const EXISTING_IMAGES_MODEL_KEY = 'MANY_RELEASES_WITH_EXISTING_IMAGES_MODEL_ID'

/** What `many-releases-with-existing-images --json` prints. */
export interface ExistingImagesResult extends ExperimentResult {
  readonly experiment: 'many-releases-with-existing-images'
  readonly images: {
    /** Those that fit, the pushed ones included. */
    readonly used: number
    readonly toPush: number
    /** Of the layers to push: a shared base once, or not at all where the model has it. */
    readonly bytesToPush: number
    readonly leftOut: readonly LeftOutImage[]
    /** For each image that has several tags. */
    readonly tagChoices: readonly TagChoice[]
  }
  readonly releases: readonly ReleaseOfImages[]
}

/**
 * Makes releases of 1, 2, 3 ... of a model's images, in the order of the index in their names, after pushing those that are
 * missing when it is asked to. A release of exactly the same images that is there already is not made again.
 *
 * @throws UsageError for a wrong input or a model without an image that fits; ResponseError and ConnectionError when
 *   reading the model fails
 */
export async function manyReleasesWithExistingImages(
  context: ExperimentContext,
  options: ExistingImagesOptions,
): Promise<ExistingImagesResult> {
  const { settings } = options
  const request = {
    modelId: options.modelId,
    envKey: EXISTING_IMAGES_MODEL_KEY,
    name: 'Many releases with existing images',
    description: 'Releases of generated images, made by bailo-exp many-releases-with-existing-images.',
  }
  const existingId = findModelId(settings, request)
  if (existingId === undefined && options.pushCount === 0) {
    throw new UsageError('There is no model whose images could be put into releases.', [
      `name it with --model, or set ${EXISTING_IMAGES_MODEL_KEY} in ${settings.envFile}`,
      'or let images be made first, in a new model: --push 6',
    ])
  }
  // Before anything is asked of the server: a wrong size is a matter of the command line.
  planPushes(toPushOptions(options), [])
  return withInstance(context, settings, async (instance) => {
    const client = new RegistryClient(instance.connection)
    const state = await readState(instance, existingId)
    const pushes = planPushes(toPushOptions(options), state.fitting)
    const used = [...state.fitting, ...pushes.map(toNumberedImage)].sort(compareImages)
    if (used.length === 0) throw nothingFits(existingId ?? '', state.leftOut)
    const { tags, choices } = await chooseTags(client, existingId ?? '', used, options.tagRule, context.run.concurrency)
    const groups = groupImages(used, options.maxImagesPerRelease).map((group) =>
      group.map(({ name }): ImageReference => ({ repository: existingId ?? '', name, tag: tags.get(name) ?? '' })),
    )
    refuseLargeReleases(groups)

    const model = await getOrCreateModel(context, instance, settings, request)
    const work = { context, instance, client, options, modelId: model.modelId }
    const { run } = context
    const { pushed, steps, bytes } = await startPushes(work, pushes, model.isNew)
    run.expect({ steps: steps + groups.length, bytes })
    const releases = await makeReleases(work, groups, state.releases, pushed)
    // Expected failures are in the report of the run already.
    for (const outcome of await Promise.allSettled(pushed.values())) {
      if (outcome.status === 'rejected' && !(outcome.reason instanceof ExpectedError)) throw outcome.reason
    }
    const findings = await checkAtEnd(run, async () => [
      ...(await checkReleases(work, releases)),
      ...(await checkPushes(work, pushes, pushed)),
    ])
    return {
      experiment: 'many-releases-with-existing-images',
      version: context.version,
      seed: options.seed,
      target: { url: instance.origin, ...model },
      images: {
        used: used.length,
        toPush: pushes.length,
        bytesToPush: bytes,
        leftOut: state.leftOut,
        tagChoices: choices,
      },
      releases,
      run: run.report(),
      findings,
    }
  })
}

function toPushOptions({ pushCount, imageSizes, sharedBaseBytes }: ExistingImagesOptions) {
  return { count: pushCount, sizes: imageSizes, sharedBaseBytes }
}

async function readState(instance: Instance, modelId: string | undefined) {
  if (modelId === undefined) return { fitting: [], leftOut: [], releases: [] }
  await requireImageModel(instance, modelId)
  const releases = await listReleases(instance, modelId)
  return { ...sortImages(await listImages(instance, modelId)), releases }
}

function toNumberedImage({ name, tag, sizeBytes }: ImageRequest): NumberedImage {
  return { index: Number(/\d+/.exec(name)?.[0]), sizeMib: sizeBytes / MIB, name, tags: [tag] }
}

function nothingFits(modelId: string, leftOut: readonly LeftOutImage[]): UsageError {
  const names = leftOut.slice(0, 5).map(({ name, reason }) => `${name} (${reason})`)
  const more = leftOut.length > names.length ? ` and ${leftOut.length - names.length} more` : ''
  const what = leftOut.length === 0 ? 'it has no images' : `left out: ${names.join(', ')}${more}`
  return new UsageError(`No image of ${modelId} has a name such as no1-1024, that is no<index>-<MiB>; ${what}.`, [
    'let such images be made first: --push 6',
  ])
}
