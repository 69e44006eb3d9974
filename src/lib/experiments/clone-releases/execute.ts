import type { Instance } from '../../api/instance.js'
import { listReleases } from '../../api/releases.js'
import type { MultipartMode } from '../../api/upload.js'
import type { Fill } from '../../content/lazy-stream.js'
import { syntheticSource } from '../../content/sources.js'
import { ExpectedError } from '../../errors.js'
import { RegistryClient } from '../../registry/client.js'
import type { Run } from '../../run/run.js'
import { FileUploads } from '../file-uploads.js'
import { forEachInRun } from '../for-each.js'
import { pushImage } from '../image-pusher.js'
import { LayerPusher } from '../layer-pusher.js'
import { oncePerRound } from '../../run/once-per-round.js'
import { makeInOrder } from '../make-in-order.js'
import { makeRelease } from '../make-release.js'
import type { DestinationState } from './destination.js'
import { fileStepName } from './made-before.js'
import type { ClonePlan, KnownFile, PlannedImage } from './plan.js'
import { imageKey, type ReleaseSkeleton } from '../skeleton/release-skeleton.js'

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
 * and the release before it is made. What fails is in the run's report; what needs it is left out. What is to come takes no
 * memory besides the plan: files are opened as there is a place for them, and releases are made one after the other.
 */
export async function executePlan(
  run: Run,
  instance: Instance,
  plan: ClonePlan,
  state: DestinationState,
  options: ExecutionOptions,
): Promise<void> {
  const files = new FileUploader(run, instance, plan, state, options)
  const uploads = files.uploadAll()
  // So that a dry run lists them in this order.
  if (run.isDryRun) await uploads
  const images = new ImagePusher(run, instance, plan.images, options)
  const listed = [...state.releases.values()]
  const releases = makeReleases(run, instance, { releases: plan.releases, files, images, listed }, options)
  const outcomes = await Promise.allSettled([uploads, ...images.all(), releases])
  for (const outcome of outcomes) {
    // Expected failures are in the report already.
    if (outcome.status === 'rejected' && !(outcome.reason instanceof ExpectedError)) throw outcome.reason
  }
}

async function makeReleases(
  run: Run,
  instance: Instance,
  work: {
    readonly releases: readonly ReleaseSkeleton[]
    readonly files: FileUploader
    readonly images: ImagePusher
    readonly listed: readonly ReleaseSkeleton[]
  },
  { modelId, withFiles, withImages, keepGoing }: ExecutionOptions,
): Promise<void> {
  const { listed } = work
  const listInRound = oncePerRound(() => listReleases(instance, modelId))
  await makeInOrder(run, work.releases, async (release) => {
    try {
      const wantedFiles = withFiles ? release.files : []
      const wantedImages = withImages ? release.images : []
      const [fileIds] = await Promise.all([
        Promise.all(wantedFiles.map(({ sourceId }) => work.files.idOf(sourceId))),
        Promise.all(wantedImages.map((image) => work.images.ensure(imageKey(image)))),
      ])
      const images = wantedImages.map(({ name, tag }) => ({ repository: modelId, name, tag }))
      await makeRelease(run, instance, modelId, { ...release, fileIds, images }, { listed, listInRound })
      return true
    } catch (error) {
      if (!(error instanceof ExpectedError)) throw error
      return keepGoing && run.stopReason === undefined
    }
  })
}

/** What has become of a file: its id in the destination, or why there is none. */
type FileOutcome = { readonly id: string } | { readonly failure: unknown }

/** Uploads each file of the plan once. */
class FileUploader {
  readonly #run: Run
  readonly #uploads: FileUploads
  readonly #plan: ClonePlan
  readonly #content: { readonly seed: string; readonly fill: Fill }
  readonly #outcomes = new Map<string, FileOutcome>()
  /** Those who wait for a file that is still to come, by its id in the source. */
  readonly #waiting = new Map<string, ((outcome: FileOutcome) => void)[]>()
  #hasEnded = false

  constructor(
    run: Run,
    instance: Instance,
    plan: ClonePlan,
    { files: listed }: DestinationState,
    { modelId, multipart, seed, fill }: ExecutionOptions,
  ) {
    this.#run = run
    this.#plan = plan
    this.#content = { seed, fill }
    this.#uploads = new FileUploads(run, instance, { modelId, multipart, listed, claimed: plan.reused.values() })
    for (const [sourceId, id] of plan.reused) this.#outcomes.set(sourceId, { id })
  }

  /** Uploads all files, in the order in which the releases need them. One that fails is no reason to leave others out. */
  async uploadAll(): Promise<void> {
    const { uploads } = this.#plan
    try {
      // Files of one name are told apart by their order, which has to be the same in all shards: it is that of the plan.
      if (this.#run.isAlone) await forEachInRun(this.#run, uploads, { keepGoing: true }, (file) => this.#upload(file))
      else await Promise.allSettled(uploads.map((file) => this.#upload(file)))
    } finally {
      // The run was stopped, and nobody is to wait for what does not come any more.
      this.#hasEnded = true
      for (const sourceId of [...this.#waiting.keys()]) this.#settle(sourceId, { failure: this.#run.stopReason })
    }
  }

  async #upload({ sourceId, name, sizeBytes, mime, tags }: KnownFile): Promise<void> {
    const source = syntheticSource({ sizeBytes, name, ...this.#content })
    const stepName = fileStepName({ sourceId, name })
    try {
      this.#settle(sourceId, { id: await this.#uploads.upload({ stepName, name, mime, tags, source }) })
    } catch (failure) {
      this.#settle(sourceId, { failure })
      throw failure
    }
  }

  /**
   * The file's id in the destination, once it is there.
   *
   * @throws what its upload failed with, and why the run was stopped
   */
  async idOf(sourceId: string): Promise<string> {
    const outcome = this.#outcomes.get(sourceId) ?? (await this.#wait(sourceId))
    if ('id' in outcome) return outcome.id
    throw outcome.failure
  }

  async #wait(sourceId: string): Promise<FileOutcome> {
    if (this.#hasEnded) return { failure: this.#run.stopReason ?? new TypeError(`the plan has no file ${sourceId}`) }
    return new Promise((resolve) => {
      this.#waiting.set(sourceId, [...(this.#waiting.get(sourceId) ?? []), resolve])
    })
  }

  #settle(sourceId: string, outcome: FileOutcome): void {
    this.#outcomes.set(sourceId, outcome)
    for (const resolve of this.#waiting.get(sourceId) ?? []) resolve(outcome)
    this.#waiting.delete(sourceId)
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
