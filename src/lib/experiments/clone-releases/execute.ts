import type { Instance } from '../../api/instance.js'
import { listReleases } from '../../api/releases.js'
import type { MultipartMode } from '../../api/upload.js'
import type { Fill } from '../../content/lazy-stream.js'
import { syntheticSource } from '../../content/sources.js'
import { ExpectedError } from '../../errors.js'
import { RegistryClient } from '../../registry/client.js'
import type { Run } from '../../run/run.js'
import { FileUploads } from '../file-uploads.js'
import { pushImage } from '../image-pusher.js'
import { LayerPusher } from '../layer-pusher.js'
import { oncePerRound } from '../../run/once-per-round.js'
import { makeRelease } from '../make-release.js'
import type { DestinationState } from './destination.js'
import { fileStepName } from './made-before.js'
import type { ClonePlan, PlannedImage } from './plan.js'
import { imageKey } from '../skeleton/release-skeleton.js'

export interface ExecutionOptions {
  readonly modelId: string
  readonly seed: string
  readonly fill: Fill
  readonly multipart: MultipartMode
  readonly withFiles: boolean
  readonly withImages: boolean
  /** Whether later releases are made although an earlier one failed, which changes their order. */
  readonly keepGoing: boolean
}

/**
 * Carries out a plan. Files and layers go up as places allow; each release is made when its files and images are there
 * and the release before it is made. What fails is in the run's report; what needs it is left out.
 */
export async function executePlan(
  run: Run,
  instance: Instance,
  plan: ClonePlan,
  state: DestinationState,
  options: ExecutionOptions,
): Promise<void> {
  const files = new FileUploader(run, instance, plan, state, options)
  const images = new ImagePusher(run, instance, plan.images, options)
  const { modelId } = options
  const listed = [...state.releases.values()]
  const listInRound = oncePerRound(() => listReleases(instance, modelId))
  let previous: Promise<void> = Promise.resolve()
  const releases = plan.releases.map((release) => {
    const fileIds = Promise.all(options.withFiles ? release.files.map(({ sourceId }) => files.idOf(sourceId)) : [])
    const pushed = Promise.all(options.withImages ? release.images.map((image) => images.ensure(imageKey(image))) : [])
    const before = options.keepGoing ? previous.catch(() => undefined) : previous
    // Who only waits for releases waits for all of them at once.
    const ready = run.ownsOrder ? before : undefined
    previous = Promise.all([fileIds, pushed, ready]).then(async ([ids]) => {
      const images = options.withImages
        ? release.images.map(({ name, tag }) => ({ repository: modelId, name, tag }))
        : []
      await makeRelease(run, instance, modelId, { ...release, fileIds: ids, images }, { listed, listInRound })
    })
    return previous
  })
  const outcomes = await Promise.allSettled([...files.all(), ...images.all(), ...releases])
  for (const outcome of outcomes) {
    // Expected failures are in the report already.
    if (outcome.status === 'rejected' && !(outcome.reason instanceof ExpectedError)) throw outcome.reason
  }
}

/** Uploads each file of the plan once. */
class FileUploader {
  readonly #ids = new Map<string, Promise<string>>()

  constructor(
    run: Run,
    instance: Instance,
    plan: ClonePlan,
    { files: listed }: DestinationState,
    { modelId, multipart, seed, fill }: ExecutionOptions,
  ) {
    const uploads = new FileUploads(run, instance, { modelId, multipart, listed })
    for (const [sourceId, id] of plan.reused) this.#ids.set(sourceId, Promise.resolve(id))
    for (const { sourceId, name, sizeBytes, mime, tags } of plan.uploads) {
      const source = syntheticSource({ sizeBytes, fill, seed, name })
      const stepName = fileStepName({ sourceId, name })
      this.#ids.set(sourceId, uploads.upload({ stepName, name, mime, tags, source }))
    }
  }

  idOf(sourceId: string): Promise<string> {
    const id = this.#ids.get(sourceId)
    if (id === undefined) throw new TypeError(`the plan has no file ${sourceId}`)
    return id
  }

  all(): Iterable<Promise<string>> {
    return this.#ids.values()
  }
}

/** Pushes each image of the plan once. */
class ImagePusher {
  readonly #images = new Map<string, Promise<string>>()

  constructor(
    run: Run,
    instance: Instance,
    images: readonly PlannedImage[],
    { modelId, seed, fill }: ExecutionOptions,
  ) {
    const client = new RegistryClient(instance.connection)
    const layers = new LayerPusher(run, client, { seed, fill })
    const place = { run, client, layers, origin: instance.origin, modelId, seed }
    for (const image of images) this.#images.set(imageKey(image), pushImage(place, image))
  }

  /** Resolves when the image is there; one that is not in the plan is there already. */
  async ensure(key: string): Promise<void> {
    await this.#images.get(key)
  }

  all(): Iterable<Promise<string>> {
    return this.#images.values()
  }
}
