import type { Principal } from './auth.js'
import { badRequest, notFound } from './errors.js'
import { newObjectId } from './ids.js'
import type { SandboxParts } from './parts.js'
import { saveCard } from './routes/cards.js'
import { findSchema } from './routes/schemas.js'
import { checkAgainstSchema } from './schema-check.js'
import type { Card, Entry, JsonObject, Release, SandboxState, Stored, StoredFile } from './state.js'
import type { ArchiveEntry } from './transfer-archive.js'
import { CONTENT_DIRECTORY } from './transfer-documents.js'
import { noteDocuments, type NamedArtefact } from './transfer-import-progress.js'
import { ID, readDocument, shape, TEXT, TEXTS, unrecognised } from './transfer-reading.js'

const STORED = { _id: ID, modelId: TEXT, createdAt: TEXT, updatedAt: TEXT }

const CARD_SHAPE = shape({ ...STORED, schemaId: TEXT, version: { type: 'integer', minimum: 1 } })
const FILE_SHAPE = shape({ ...STORED, name: TEXT, mime: TEXT, tags: TEXTS })
const IMAGE_SHAPE = shape({ name: TEXT, tag: TEXT })
const RELEASE_SHAPE = shape({
  ...STORED,
  semver: { type: 'string', pattern: '^\\d+\\.\\d+\\.\\d+(-.+)?$' },
  modelCardVersion: { type: 'integer' },
  notes: TEXT,
  minor: { type: 'boolean' },
  draft: { type: 'boolean' },
  fileIds: { type: 'array', items: ID },
  images: { type: 'array', items: IMAGE_SHAPE },
})

/**
 * Puts the documents of an export into the model that mirrors its source. Files come without their bytes, so they are
 * listed as unfinished until these come in an archive of their own. Rules and messages are from Bailo's source.
 *
 * @returns the versions of the card
 * @throws BailoError when something does not fit
 */
export async function importDocuments(
  { state }: SandboxParts,
  principal: Principal,
  entry: Entry,
  sourceModelId: string,
  entries: readonly ArchiveEntry[],
): Promise<number[]> {
  const modelCardVersions: number[] = []
  const named: NamedArtefact[] = []
  for (const document of entries) {
    const [, kind = 'cards'] = new RegExp(`^${CONTENT_DIRECTORY}/(?:(\\w+)/)?[^/]+\\.json$`).exec(document.name) ?? [
      '',
      '',
    ]
    if (kind === 'cards') modelCardVersions.push(importCard(state, entry, readOf(document, CARD_SHAPE, sourceModelId)))
    else if (kind === 'releases')
      named.push(...importRelease(state, entry, readOf(document, RELEASE_SHAPE, sourceModelId)))
    else if (kind === 'files') named.push(importFile(state, entry, readOf(document, FILE_SHAPE, sourceModelId)))
    else throw unrecognised()
  }
  const latest = entry.mirroredCards.at(-1)
  if (latest === undefined) throw notFound('Cannot find latest model card.', { modelId: entry.model.id })
  if (entry.cards.length === 0) await saveCard(state, entry, { schemaId: latest.schemaId, version: 1 })
  noteDocuments(state, principal, entry, named)
  return modelCardVersions
}

/** The first version is always empty, so it is checked, counted and not kept. */
function importCard(state: SandboxState, { mirroredCards }: Entry, card: Card): number {
  const { schemaId, version, metadata = {} } = card
  const validationErrors = checkAgainstSchema(metadata, findSchema(state, schemaId).jsonSchema)
  if (validationErrors.length > 0) {
    throw badRequest('Model metadata could not be validated against the schema.', { schemaId, validationErrors })
  }
  if (version > 1 && !mirroredCards.some((present) => present.version === version)) {
    mirroredCards.push({ ...storedAs(state, card), schemaId, version, metadata, mirrored: true })
    mirroredCards.sort((a, b) => a.version - b.version)
  }
  return version
}

/** Returns the images that the release names. */
function importRelease(state: SandboxState, { model, releases }: Entry, release: Release): NamedArtefact[] {
  const { semver, modelCardVersion, notes, minor, draft, fileIds } = release
  const images = release.images.map(({ name, tag }) => ({ repository: model.id, name, tag, _id: newObjectId() }))
  const details = { semver, modelCardVersion, notes, minor, draft, fileIds, images }
  releases.set(semver, { ...storedAs(state, release), ...details })
  return images.map(({ repository, name, tag }) => ({ key: `${repository}/${name}:${tag}`, kind: 'image' }))
}

function importFile(state: SandboxState, { model, files }: Entry, file: StoredFile): NamedArtefact {
  const { _id, name, mime, tags } = file
  const path = `beta/model/${model.id}/files/${_id}`
  if (!files.has(_id)) files.set(_id, { ...storedAs(state, file), modelId: model.id, name, mime, path, tags })
  return { key: _id, kind: 'file' }
}

function storedAs(state: SandboxState, { _id, createdAt, updatedAt }: Stored): Stored {
  return { ...state.newDocument(), _id, createdAt, updatedAt }
}

/** Reads a document that has to come from the source model. */
function readOf<T>(entry: ArchiveEntry, documentShape: JsonObject, sourceModelId: string): T {
  const document = readDocument<T & { modelId: string }>(entry, documentShape)
  if (document.modelId !== sourceModelId) throw unrecognised()
  return document
}
