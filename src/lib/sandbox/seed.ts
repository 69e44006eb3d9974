import { isDeepStrictEqual } from 'node:util'
import { UsageError } from '../errors.js'
import { isObjectId, newObjectId } from './ids.js'
import { USER } from './model-rights.js'
import type { SandboxParts } from './parts.js'
import { isDigest, isRepositoryName, parseManifest, type Manifest } from './registry/index.js'
import type { Card, Collaborator, Entry, Model, Release, SandboxState, Schema, Stored, StoredFile } from './state.js'

/** What every document of a seed brings along: times as Bailo writes them, for instance `2026-11-22T17:31:48.195Z`. */
interface SeedDocument {
  /** 24 hexadecimal digits. */
  readonly _id: string
  readonly createdAt: string
  readonly updatedAt: string
}

type ModelFields = Pick<
  Model,
  'id' | 'name' | 'kind' | 'description' | 'organisation' | 'state' | 'tags' | 'settings' | 'visibility'
> & { readonly collaborators: readonly { readonly entity: string; readonly roles: string[] }[] }

/** The images of one name. */
export interface ImageSeed {
  /** What follows the model id in the repository's name; may hold slashes. */
  readonly name: string
  /** Digests of manifests by tag. */
  readonly tags: ReadonlyMap<string, string>
  readonly manifests: readonly { readonly bytes: Uint8Array; readonly mediaType: string }[]
  /** Layers and configs; one without bytes reads as zeros, whatever its digest says. */
  readonly blobs: readonly { readonly digest: string; readonly sizeBytes: number; readonly bytes?: Uint8Array }[]
}

/** A model as another instance has it, with all that hangs on it. */
export interface ModelSeed {
  readonly model: SeedDocument & ModelFields
  /** The schemas of the cards. One that the sandbox has under the same id is replaced, but keeps its review roles. */
  readonly schemas: readonly Pick<Schema, 'id' | 'name' | 'description' | 'kind' | 'jsonSchema'>[]
  /** Oldest version first. */
  readonly cards: readonly (SeedDocument & Pick<Card, 'schemaId' | 'version' | 'metadata'>)[]
  /** In order of creation. Without a size the file's upload was never finished; the bytes read as zeros. */
  readonly files: readonly (SeedDocument &
    Pick<StoredFile, 'name' | 'mime' | 'tags'> & { readonly sizeBytes?: number })[]
  /** In the order of their last change, oldest first. */
  readonly releases: readonly (SeedDocument &
    Pick<Release, 'semver' | 'modelCardVersion' | 'notes' | 'minor' | 'draft' | 'fileIds'> & {
      readonly images: readonly { readonly repository: string; readonly name: string; readonly tag: string }[]
    })[]
  readonly images: readonly ImageSeed[]
}

/**
 * Puts a model into the sandbox, of which the sandbox's user becomes an owner.
 *
 * @throws UsageError, before anything is changed, when the sandbox has a model of this id, or when an id, a name of an
 *   image or a manifest is none that a Bailo can have
 */
export async function seedModel(parts: SandboxParts, seed: ModelSeed): Promise<void> {
  const { state, blobs } = parts
  checkIds(state, seed)
  const images = seed.images.map((image) => readImage(seed.model.id, image))
  for (const image of images) await addImage(parts, image)
  for (const schema of seed.schemas) addSchema(state, schema)
  const { model, cards, files, releases } = seed
  state.addModel({ ...stored(state, model), ...pickModel(model), collaborators: chooseCollaborators(model) })
  const entry = state.entries.get(model.id) as Entry
  for (const { schemaId, version, metadata, ...document } of cards) {
    entry.cards.push({ ...stored(state, document), schemaId, version, ...(metadata && { metadata }) })
  }
  for (const { name, mime, tags, sizeBytes, ...document } of files) {
    const content = sizeBytes === undefined ? undefined : { blobKey: blobs.addZeros(sizeBytes).key, sizeBytes }
    const path = `beta/model/${model.id}/files/${document._id}`
    const details = { modelId: model.id, name, mime, path, tags: [...tags] }
    entry.files.set(document._id, { ...stored(state, document), ...details, ...(content && { content }) })
  }
  for (const { semver, modelCardVersion, notes, minor, draft, fileIds, images: used, ...document } of releases) {
    const details = { semver, modelCardVersion, notes, minor, draft, fileIds: [...fileIds] }
    const references = used.map(({ repository, name, tag }) => ({ repository, name, tag, _id: newObjectId() }))
    entry.releases.set(semver, { ...stored(state, document), ...details, images: references })
  }
}

function checkIds(state: SandboxState, { model, cards, files, releases }: ModelSeed): void {
  if (!isRepositoryName(model.id) || model.id.includes('/')) throw unusable('model id', model.id)
  if (state.entries.has(model.id)) {
    throw new UsageError(`The sandbox has a model ${model.id} already.`, ['leave this model out, or use a new sandbox'])
  }
  for (const { _id } of [model, ...cards, ...files, ...releases]) if (!isObjectId(_id)) throw unusable('id', _id)
}

interface ReadImage extends Omit<ImageSeed, 'manifests'> {
  readonly repository: string
  readonly manifests: readonly Manifest[]
}

function readImage(modelId: string, { name, tags, manifests, blobs }: ImageSeed): ReadImage {
  const repository = `${modelId}/${name}`
  if (!isRepositoryName(repository)) throw unusable('name of an image', name)
  for (const { digest } of blobs) if (!isDigest(digest)) throw unusable('digest', digest)
  const read = manifests.map(({ bytes, mediaType }) => readManifest(name, bytes, mediaType))
  return { repository, name, tags, blobs, manifests: read }
}

function readManifest(name: string, bytes: Uint8Array, mediaType: string): Manifest {
  try {
    return parseManifest(Buffer.from(bytes), mediaType)
  } catch (error) {
    throw new UsageError(`A manifest of the image ${JSON.stringify(name)} is none that the registry takes.`, [], error)
  }
}

async function addImage({ images, blobs: store }: SandboxParts, image: ReadImage): Promise<void> {
  const { repository, tags, manifests, blobs } = image
  for (const { digest, sizeBytes, bytes } of blobs) {
    const stored = bytes === undefined ? store.addZeros(sizeBytes) : await store.write(toSource(bytes))
    await images.putBlob(repository, digest, stored)
  }
  for (const manifest of manifests) {
    images.putManifest(repository, manifest, undefined)
    for (const [tag, digest] of tags) if (digest === manifest.digest) images.putManifest(repository, manifest, tag)
  }
}

async function* toSource(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes)
}

function addSchema(state: SandboxState, schema: ModelSeed['schemas'][number]): void {
  const present = state.schemas.get(schema.id)
  if (isDeepStrictEqual(present?.jsonSchema, schema.jsonSchema)) return
  const { id, name, description, kind, jsonSchema } = schema
  const document = present ?? { ...state.newDocument(), active: true, hidden: false, reviewRoles: [] }
  state.schemas.set(id, { ...document, id, name, description, kind, jsonSchema })
}

/** The sandbox's user becomes an owner: keys of the sandbox would be of no use for the models of others. */
function chooseCollaborators({ collaborators }: ModelFields): Collaborator[] {
  const entity = `user:${USER}`
  const others = collaborators.filter((one) => one.entity !== entity)
  const own = collaborators.find((one) => one.entity === entity)
  const roles = [...new Set(['owner', ...(own?.roles ?? [])])]
  return [...others, { entity, roles }].map((one) => ({
    entity: one.entity,
    roles: [...one.roles],
    _id: newObjectId(),
  }))
}

/** A document that counts as changed after all that the sandbox has. */
function stored(state: SandboxState, { _id, createdAt, updatedAt }: SeedDocument): Stored {
  return { ...state.newDocument(), _id, createdAt, updatedAt }
}

function pickModel({ id, name, kind, description, organisation, state, tags, settings, visibility }: ModelFields) {
  return { id, name, kind, description, organisation, state, tags: [...tags], settings, visibility }
}

function unusable(what: string, value: string): UsageError {
  return new UsageError(`The sandbox cannot take the ${what} ${JSON.stringify(value)}.`)
}
