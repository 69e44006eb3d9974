import pLimit from 'p-limit'
import { listImages } from '../api/images.js'
import type { Instance } from '../api/instance.js'
import { ExpectedError } from '../errors.js'
import { ConnectionError, ResponseError } from '../http/errors.js'
import { RegistryClient, type ManifestAnswer } from '../registry/client.js'
import { parseManifest } from '../registry/image/parse-manifest.js'
import type { ImageSeed } from '../sandbox/index.js'

/** A config is some kilobytes of JSON; what is larger than this is no config that anybody reads. */
const CONFIG_MAX_BYTES = 4 * 1024 * 1024

/** How many images are read at the same time. */
const CONCURRENCY = 8

type Blob = ImageSeed['blobs'][number]

/** One tag with everything that its manifest leads to. */
interface ReadTag {
  readonly digest: string
  readonly manifests: ReadonlyMap<string, ImageSeed['manifests'][number]>
  readonly blobs: ReadonlyMap<string, Blob>
}

/**
 * Reads the images of a model: manifests and configs as they are, of layers only digest and size.
 *
 * @param warn told of each image that is left out because the registry or its manifest does not allow to read it
 * @throws ConnectionError when the registry does not answer
 */
export async function readImages(
  instance: Instance,
  modelId: string,
  warn: (message: string) => void,
): Promise<ImageSeed[]> {
  const client = new RegistryClient(instance.connection)
  const limit = pLimit(CONCURRENCY)
  const images = await listImages(instance, modelId)
  return Promise.all(
    images.map(async ({ repository, name, tags }): Promise<ImageSeed> => {
      const readOne = async (tag: string) =>
        [tag, await readOrWarn(client, `${repository}/${name}`, tag, warn)] as const
      return join(name, await Promise.all(tags.map((tag) => limit(() => readOne(tag)))))
    }),
  )
}

function join(name: string, read: readonly (readonly [string, ReadTag | undefined])[]): ImageSeed {
  const [tags, manifests, blobs] = [new Map<string, string>(), new Map<string, ImageSeed['manifests'][number]>(), new Map<string, Blob>()] // prettier-ignore
  for (const [tag, one] of read) {
    if (one === undefined) continue
    tags.set(tag, one.digest)
    for (const [digest, manifest] of one.manifests) manifests.set(digest, manifest)
    for (const [digest, blob] of one.blobs) blobs.set(digest, blob)
  }
  return { name, tags, manifests: [...manifests.values()], blobs: [...blobs.values()] }
}

async function readOrWarn(
  client: RegistryClient,
  repository: string,
  tag: string,
  warn: (message: string) => void,
): Promise<ReadTag | undefined> {
  try {
    return await readTag(client, repository, tag)
  } catch (error) {
    if (!(error instanceof ExpectedError) || error instanceof ConnectionError) throw error
    warn(`The image ${repository}:${tag} is left out: ${error.message}`)
    return undefined
  }
}

async function readTag(client: RegistryClient, repository: string, tag: string): Promise<ReadTag> {
  const manifests = new Map<string, ImageSeed['manifests'][number]>()
  const blobs = new Map<string, Blob>()
  const add = async ({ bytes, contentType, digest }: ManifestAnswer): Promise<void> => {
    const manifest = parseManifest(bytes, contentType)
    manifests.set(digest, { bytes, mediaType: contentType.split(';', 1)[0]?.trim() ?? '' })
    if (manifest.kind === 'index') {
      for (const entry of manifest.manifests) {
        const child = manifests.has(entry.digest) ? undefined : await findManifest(client, repository, entry.digest)
        if (child !== undefined) await add(child)
      }
      return
    }
    for (const layer of manifest.layers) blobs.set(layer.digest, { digest: layer.digest, sizeBytes: layer.sizeBytes })
    const config = { digest: manifest.configDigest, sizeBytes: manifest.configSizeBytes }
    const isSmall = config.sizeBytes <= CONFIG_MAX_BYTES
    const bytesOfConfig = isSmall ? await client.getBytes(repository, config.digest, config.sizeBytes) : undefined
    blobs.set(config.digest, { ...config, ...(bytesOfConfig && { bytes: bytesOfConfig }) })
  }
  const top = await client.getManifest(repository, tag)
  await add(top)
  return { digest: top.digest, manifests, blobs }
}

/** What an index lists need not be in the registry (OCI distribution specification, "Pushing Manifests with Subject"). */
async function findManifest(
  client: RegistryClient,
  repository: string,
  digest: string,
): Promise<ManifestAnswer | undefined> {
  try {
    return await client.getManifest(repository, digest)
  } catch (error) {
    if (error instanceof ResponseError && error.status === 404) return undefined
    throw error
  }
}
