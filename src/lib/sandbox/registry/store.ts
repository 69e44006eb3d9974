import type { Readable } from 'node:stream'
import type { ByteRange } from '../../content/byte-source.js'
import type { BlobStore, StoredBlob } from '../blob-store.js'
import { namePlatform, type Manifest } from './manifests.js'
import { SharedBlobs } from './shared-blobs.js'
import { Upload } from './uploads.js'

export interface RegistryImage {
  /** The model id. */
  readonly repository: string
  /** What follows the model id in the repository's name; may hold slashes. */
  readonly name: string
  /** Sorted; never empty. */
  readonly tags: string[]
}

/** One image of an index. */
export interface PlatformImage {
  readonly digest: string
  readonly sizeBytes: number
  /** What it runs on, such as `linux/arm/v7`; undefined when the index does not say. */
  readonly platform: string | undefined
}

/** Everything that one repository holds. Blobs are shared between repositories, what a repository has are links. */
interface Repository {
  readonly blobs: Set<string>
  readonly manifests: Map<string, Manifest>
  readonly tags: Map<string, string>
}

/** What is kept of a registry, as plain data: everything but open uploads. */
export interface SavedImages {
  /** By model id, then by what follows it in the repository's name. */
  readonly repositories: ReadonlyMap<string, Map<string, Repository>>
  /** By digest. */
  readonly blobs: ReadonlyMap<string, StoredBlob>
}

/**
 * Everything that the registry holds: manifests and tags in memory, blobs in the blob store. As in a registry without
 * garbage collection, a blob stays when the last manifest that uses it goes; it is removed with its models.
 */
export class RegistryStore {
  /** By model id, then by what follows it in the repository's name. */
  private readonly models: Map<string, Map<string, Repository>>
  private readonly blobs: SharedBlobs
  private readonly uploads = new Map<string, Upload>()

  /** @param saved what an earlier store on the same blobs described itself with; default: nothing */
  constructor(
    private readonly blobStore: BlobStore,
    saved: SavedImages = { repositories: new Map(), blobs: new Map() },
  ) {
    this.models = new Map(saved.repositories)
    this.blobs = new SharedBlobs(blobStore)
    for (const [digest, stored] of saved.blobs) this.blobs.add(digest, stored)
    for (const repositories of this.models.values()) {
      for (const { blobs } of repositories.values()) for (const digest of blobs) this.blobs.link(digest)
    }
  }

  /** Returns what a store has to be given to hold the same; not a copy, so it changes with this one. */
  describe(): SavedImages {
    const digests = [...this.models.values()].flatMap((repositories) =>
      [...repositories.values()].flatMap(({ blobs }) => [...blobs]),
    )
    return { repositories: this.models, blobs: new Map(digests.map((digest) => [digest, this.blobs.storedAs(digest)])) }
  }

  /** Returns the model's images that have a tag, sorted by name. */
  listImages(modelId: string): RegistryImage[] {
    return [...(this.models.get(modelId) ?? [])]
      .map(([name, { tags }]) => ({ repository: modelId, name, tags: [...tags.keys()].sort() }))
      .filter(({ tags }) => tags.length > 0)
      .sort((left, right) => (left.name < right.name ? -1 : 1))
  }

  /**
   * Returns digest and size of a tagged image; undefined when there is none. The size is that of config and layers without
   * the manifest (observed), for an index that of all its images.
   */
  describeImage(modelId: string, name: string, tag: string): { digest: string; sizeBytes: number } | undefined {
    const repository = this.models.get(modelId)?.get(name)
    const manifest = repository?.manifests.get(repository.tags.get(tag) ?? '')
    return repository && manifest && { digest: manifest.digest, sizeBytes: sizeOf(repository, manifest) }
  }

  /** Returns the images that the index with this tag lists and that are there; undefined when the tag is of no index. */
  listPlatforms(modelId: string, name: string, tag: string): PlatformImage[] | undefined {
    const repository = this.models.get(modelId)?.get(name)
    const index = repository?.manifests.get(repository.tags.get(tag) ?? '')
    if (repository === undefined || index?.kind !== 'index') return undefined
    return index.references.flatMap(({ digest, platform }) => {
      const manifest = repository.manifests.get(digest)
      if (manifest === undefined) return []
      return [{ digest, sizeBytes: sizeOf(repository, manifest), platform: namePlatform(platform) }]
    })
  }

  /** Removes a tag; false when there is none. */
  deleteTag(modelId: string, name: string, tag: string): Promise<boolean> {
    return Promise.resolve(this.untag(`${modelId}/${name}`, tag))
  }

  /** Removes a tag and keeps its manifest; false when there is none. */
  untag(repository: string, tag: string): boolean {
    return this.find(repository)?.tags.delete(tag) ?? false
  }

  /** Removes all images and open uploads of a model, and the bytes that no other model's images use. */
  async deleteModel(modelId: string): Promise<void> {
    const repositories = this.models.get(modelId) ?? []
    this.models.delete(modelId)
    for (const upload of this.uploads.values()) {
      if (splitRepository(upload.repository).modelId === modelId) await upload.cancel()
    }
    for (const [, { blobs }] of repositories) for (const digest of blobs) await this.blobs.unlink(digest)
  }

  /** Returns the tags of a repository, sorted; undefined when it has none. */
  listTags(repository: string): string[] | undefined {
    const tags = [...(this.find(repository)?.tags.keys() ?? [])].sort()
    return tags.length === 0 ? undefined : tags
  }

  /** Returns the manifest with this tag or digest; undefined when there is none. */
  findManifest(repository: string, reference: string): Manifest | undefined {
    const found = this.find(repository)
    return found?.manifests.get(found.tags.get(reference) ?? reference)
  }

  /** Returns the digests of what a manifest refers to and the repository does not have. */
  findMissingReferences(repository: string, manifest: Manifest): string[] {
    const found = this.find(repository)
    const present = manifest.kind === 'image' ? found?.blobs : found?.manifests
    // A layer with URLs is kept elsewhere on purpose (OCI image specification, "Descriptors").
    return manifest.references
      .filter(({ digest, urls = [] }) => urls.length === 0 && present?.has(digest) !== true)
      .map(({ digest }) => digest)
  }

  /** Adds a manifest and, when given, makes the tag point to it. */
  putManifest(repository: string, manifest: Manifest, tag: string | undefined): void {
    const { manifests, tags } = this.findOrAdd(repository)
    manifests.set(manifest.digest, manifest)
    if (tag !== undefined) tags.set(tag, manifest.digest)
  }

  /** Removes a manifest and all tags that point to it; false when there is none. */
  deleteManifest(repository: string, digest: string): boolean {
    const found = this.find(repository)
    if (!found?.manifests.delete(digest)) return false
    for (const [tag, target] of found.tags) if (target === digest) found.tags.delete(tag)
    return true
  }

  /** Returns the size of a blob that the repository has; undefined when it does not. */
  findBlobSize(repository: string, digest: string): number | undefined {
    return this.find(repository)?.blobs.has(digest) ? this.blobs.sizeOf(digest) : undefined
  }

  /** @throws RangeError when there is no such blob, or the range does not lie within it */
  openBlob(digest: string, range: ByteRange): Readable {
    return this.blobs.open(digest, range)
  }

  /** Gives a repository a blob that another one has; false when that one does not. */
  mountBlob(repository: string, from: string, digest: string): boolean {
    if (this.findBlobSize(from, digest) === undefined) return false
    this.linkBlob(repository, digest)
    return true
  }

  /** Starts an upload; it is known until it is finished or cancelled. */
  startUpload(repository: string): Upload {
    const upload = new Upload(repository, this.blobStore, ({ id }) => this.uploads.delete(id))
    this.uploads.set(upload.id, upload)
    return upload
  }

  /** Returns an open upload to the repository; undefined when there is none. */
  findUpload(repository: string, uploadId: string): Upload | undefined {
    const upload = this.uploads.get(uploadId)
    return upload?.repository === repository ? upload : undefined
  }

  /** Ends an upload and gives its repository the blob; false when its digest is another one, and the upload is gone then. */
  async finishUpload(upload: Upload, digest: string): Promise<boolean> {
    const stored = await upload.finish(digest)
    if (stored === undefined) return false
    await this.putBlob(upload.repository, digest, stored)
    return true
  }

  /** Gives a repository a stored blob; its bytes are not compared with the digest, and dropped when that is known. */
  async putBlob(repository: string, digest: string, stored: StoredBlob): Promise<void> {
    const isNew = this.blobs.add(digest, stored)
    this.linkBlob(repository, digest)
    if (!isNew) await this.blobStore.remove(stored.key)
  }

  private find(repository: string): Repository | undefined {
    const { modelId, name } = splitRepository(repository)
    return this.models.get(modelId)?.get(name)
  }

  private findOrAdd(repository: string): Repository {
    const { modelId, name } = splitRepository(repository)
    const repositories = this.models.get(modelId) ?? new Map<string, Repository>()
    const found = repositories.get(name) ?? { blobs: new Set(), manifests: new Map(), tags: new Map() }
    this.models.set(modelId, repositories.set(name, found))
    return found
  }

  private linkBlob(repository: string, digest: string): void {
    const { blobs } = this.findOrAdd(repository)
    if (blobs.has(digest)) return
    this.blobs.link(digest)
    blobs.add(digest)
  }
}

function splitRepository(repository: string): { modelId: string; name: string } {
  const [modelId = '', ...rest] = repository.split('/')
  return { modelId, name: rest.join('/') }
}

function sizeOf(repository: Repository, { kind, references }: Manifest): number {
  return references.reduce((sum, { digest, size }) => {
    if (kind === 'image') return sum + size
    const child = repository.manifests.get(digest)
    return child === undefined ? sum : sum + sizeOf(repository, child)
  }, 0)
}
