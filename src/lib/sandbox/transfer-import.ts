import { requireAction } from './access.js'
import type { Principal } from './auth.js'
import { BailoError, badRequest, notFound } from './errors.js'
import { newObjectId } from './ids.js'
import type { SandboxParts } from './parts.js'
import { saveCard } from './routes/cards.js'
import { findSchema } from './routes/schemas.js'
import { checkAgainstSchema } from './schema-check.js'
import type {
  Card,
  Entry,
  JsonObject,
  Release,
  SandboxState,
  Stored,
  StoredFile,
  Transfer,
  TransferArtefact,
} from './state.js'
import type { ArchiveEntry } from './transfer-archive.js'
import { CONTENT_DIRECTORY, METADATA_FILE, type ArchiveMetadata } from './transfer-documents.js'
import { describeTransfer, planImported } from './transfer-plan.js'
import { dispatchEvent } from './webhook-delivery.js'

const TEXT = { type: 'string' }
const TEXTS = { type: 'array', items: TEXT }
const ID = { type: 'string', pattern: '^[0-9a-f]{24}$' }
const STORED = { _id: ID, modelId: TEXT, createdAt: TEXT, updatedAt: TEXT }

const METADATA_SHAPE = shape({ sourceModelId: TEXT, mirroredModelId: TEXT, importKind: TEXT })
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

type NamedArtefact = Pick<TransferArtefact, 'key' | 'kind'>

interface Imported {
  readonly mirroredModelId: string
  readonly sourceModelId: string
  readonly modelCardVersions: number[]
}

/**
 * Puts the documents of an export into the model that mirrors its source. Files come without their bytes, so they are
 * listed as unfinished. The webhooks of the model are told when it is complete, which it never is with files or images.
 * Rules and messages are from Bailo's source.
 *
 * @throws BailoError when there is no such model, it mirrors another one, or something does not fit
 */
export async function importDocuments(
  { state }: SandboxParts,
  principal: Principal,
  [first, ...entries]: readonly ArchiveEntry[],
): Promise<Imported> {
  if (first?.name !== METADATA_FILE) {
    throw new BailoError(500, `Expected '${METADATA_FILE}' as first entry, found '${first?.name}'`)
  }
  const metadata = readDocument<ArchiveMetadata>(first, METADATA_SHAPE)
  const entry = findMirror(state, metadata)
  const { sourceModelId, mirroredModelId } = metadata
  requireAction(principal, mirroredModelId, 'model:write')
  if (metadata.importKind !== 'documents') throw badRequest('Unrecognised import kind', { metadata })
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
  if (latest === undefined) throw notFound('Cannot find latest model card.', { modelId: mirroredModelId })
  if (entry.cards.length === 0) await saveCard(state, entry, { schemaId: latest.schemaId, version: 1 })
  noteImport(state, principal, entry, named)
  return { mirroredModelId, sourceModelId, modelCardVersions }
}

function findMirror(state: SandboxState, { sourceModelId, mirroredModelId: modelId }: ArchiveMetadata): Entry {
  const entry = state.entries.get(modelId)
  const expectedId = entry?.model.settings.mirror?.sourceModelId
  if (entry === undefined || !expectedId) {
    throw notFound('The requested mirrored model entry was not found.', { modelId })
  }
  if (expectedId === sourceModelId) return entry
  throw new BailoError(
    500,
    'The source model ID of the mirrored model does not match the model Id of the imported model',
    { sourceModelId: expectedId, importedModelId: sourceModelId },
  )
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

function noteImport(state: SandboxState, { user }: Principal, entry: Entry, named: readonly NamedArtefact[]): void {
  const modelId = entry.model.id
  const transfer: Transfer = { ...state.newDocument(), modelId, createdBy: user, artefacts: planImported(named) }
  state.transfers.set(transfer._id, transfer)
  if (named.length > 0) return
  const content = { transfer: describeTransfer(transfer) }
  dispatchEvent(entry, 'importModel', `Model ${modelId} has been imported`, content)
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

function readDocument<T>({ document }: ArchiveEntry, documentShape: JsonObject): T {
  if (checkAgainstSchema(document, documentShape).length > 0) throw unrecognised()
  return document as T
}

function unrecognised(): BailoError {
  return new BailoError(500, 'Cannot parse compressed file: unrecognised contents.')
}

function shape(properties: JsonObject): JsonObject {
  return { type: 'object', properties, required: Object.keys(properties) }
}
