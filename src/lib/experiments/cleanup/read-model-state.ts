import type { FileEntry, ReleaseEntry } from '../../api/answers.js'
import { listFiles } from '../../api/files.js'
import { listImages } from '../../api/images.js'
import type { Instance } from '../../api/instance.js'
import { getModel } from '../../api/models.js'
import { listReleases } from '../../api/releases.js'
import { ResponseError } from '../../http/errors.js'
import { RegistryClient } from '../../registry/client.js'
import type { Created } from '../../run/created.js'

/** What a model has now. */
export interface ModelState {
  readonly name: string
  readonly releases: readonly ReleaseEntry[]
  readonly files: readonly FileEntry[]
  /** Digests by `name:tag`; undefined where it was not asked for. */
  readonly images: ReadonlyMap<string, string | undefined>
}

/**
 * Reads what a model has.
 *
 * @param created what the run made in it: the registry is asked about these images only
 * @returns undefined when there is no such model (any more)
 */
export async function readModelState(
  instance: Instance,
  modelId: string,
  created: readonly Created[],
): Promise<ModelState | undefined> {
  try {
    const { name, kind } = await getModel(instance, modelId)
    const releases = await listReleases(instance, modelId)
    const files = await listFiles(instance, modelId)
    // A data card has none, and nobody is let into its repositories (observed).
    const images = kind.includes('data-card') ? new Map() : await readImages(instance, modelId, created)
    return { name, releases, files, images }
  } catch (error) {
    if (error instanceof ResponseError && error.status === 404) return undefined
    throw error
  }
}

async function readImages(
  instance: Instance,
  modelId: string,
  created: readonly Created[],
): Promise<ModelState['images']> {
  const own = new Set(created.flatMap((one) => (one.type === 'image' ? [imageKey(one)] : [])))
  const client = new RegistryClient(instance.connection)
  const images = new Map<string, string | undefined>()
  for (const { name, tags } of await listImages(instance, modelId)) {
    for (const tag of tags) {
      const key = imageKey({ name, tag })
      const isOwn = own.has(key)
      images.set(key, isOwn ? (await client.getManifest(`${modelId}/${name}`, tag)).digest : undefined)
    }
  }
  return images
}

/** How an image is called within a model. */
export function imageKey({ name, tag }: { readonly name: string; readonly tag: string }): string {
  return `${name}:${tag}`
}
