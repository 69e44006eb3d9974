import type { Instance } from '../../api/instance.js'
import { createRelease } from '../../api/releases.js'
import { uploadFile, type MultipartMode } from '../../api/upload.js'
import type { Fill } from '../../content/lazy-stream.js'
import { syntheticSource } from '../../content/sources.js'
import { ExpectedError } from '../../errors.js'
import { UnexpectedAnswerError } from '../../http/errors.js'
import { RegistryClient } from '../../registry/client.js'
import type { Run } from '../../run/run.js'
import { pushImage } from '../image-pusher.js'
import { LayerPusher } from '../layer-pusher.js'
import type { ClonePlan, KnownFile, PlannedImage } from './plan.js'
import { imageKey, type ReleaseSkeleton } from './release-skeleton.js'

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
  options: ExecutionOptions,
): Promise<void> {
  const files = new FileUploader(run, instance, plan, options)
  const images = new ImagePusher(run, instance, plan.images, options)
  let previous: Promise<void> = Promise.resolve()
  const releases = plan.releases.map((release) => {
    const fileIds = Promise.all(options.withFiles ? release.files.map(({ sourceId }) => files.idOf(sourceId)) : [])
    const pushed = Promise.all(options.withImages ? release.images.map((image) => images.ensure(imageKey(image))) : [])
    const before = options.keepGoing ? previous.catch(() => undefined) : previous
    previous = Promise.all([fileIds, pushed, before]).then(([ids]) => makeRelease(run, instance, release, ids, options))
    return previous
  })
  const outcomes = await Promise.allSettled([...files.all(), ...images.all(), ...releases])
  for (const outcome of outcomes) {
    // Expected failures are in the report already.
    if (outcome.status === 'rejected' && !(outcome.reason instanceof ExpectedError)) throw outcome.reason
  }
}

async function makeRelease(
  run: Run,
  instance: Instance,
  release: ReleaseSkeleton,
  fileIds: readonly string[],
  { modelId, withImages }: ExecutionOptions,
): Promise<void> {
  await run.step({ kind: 'release', name: release.semver, planned: undefined }, async () => {
    const stored = await createRelease(instance, modelId, {
      ...release,
      fileIds,
      images: withImages ? release.images.map(({ name, tag }) => ({ repository: modelId, name, tag })) : [],
    })
    if (stored !== release.semver) {
      throw new UnexpectedAnswerError(
        { method: 'POST', path: '/api/v2/model/{modelId}/releases' },
        `the release ${release.semver} was stored as ${stored}.`,
      )
    }
  })
}

/** Uploads each file of the plan once. */
class FileUploader {
  readonly #ids = new Map<string, Promise<string>>()

  constructor(run: Run, instance: Instance, plan: ClonePlan, options: ExecutionOptions) {
    for (const [sourceId, id] of plan.reused) this.#ids.set(sourceId, Promise.resolve(id))
    for (const file of plan.uploads) this.#ids.set(file.sourceId, upload(run, instance, file, options))
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

function upload(run: Run, instance: Instance, file: KnownFile, options: ExecutionOptions): Promise<string> {
  const { modelId, seed, fill, multipart } = options
  const { name, sizeBytes, mime, tags } = file
  return run.step(
    { kind: 'file', name: `${file.sourceId} ${name}`, bytes: sizeBytes, planned: file.sourceId },
    async ({ onBytes, signal }) => {
      const source = syntheticSource({ sizeBytes, fill, seed, name })
      const stored = await uploadFile(instance, { modelId, name, mime, tags, source }, { multipart, onBytes, signal })
      return stored._id
    },
  )
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
