import type { components } from '../../../openapi/bailo-v2.js'
import { USER } from './model-rights.js'
import { describeScan } from './scan-results.js'
import type { Card, Entry, Model, Release, Schema, SchemaMigration, Stored, StoredFile, Token } from './state.js'

type Contracted = components['schemas']

/** The JSON that the server shows of its documents. Which fields are missing where is as observed. */

export function describeStored({ _id, createdAt, updatedAt, __v }: Stored) {
  return { _id, deleted: false, deletedBy: '', deletedAt: '', createdAt, updatedAt, __v }
}

export function describeModel(model: Model): Contracted['Model'] {
  const { id, name, kind, description, organisation, state, tags, collaborators, settings, visibility } = model
  const details = { id, name, kind, description, organisation, state, tags, collaborators, settings, visibility }
  return { ...details, ...describeStored(model) }
}

export function summariseModel(model: Model): Contracted['ModelSummary'] {
  const { id, name, description, tags, kind, organisation, state, collaborators, visibility } = model
  const { createdAt, updatedAt } = model
  return { id, name, description, tags, kind, organisation, state, collaborators, createdAt, updatedAt, visibility }
}

export function describeCard(modelId: string, card: Card): Contracted['ModelCard'] {
  return {
    modelId,
    createdBy: card.createdBy ?? USER,
    ...describeCardContent(card),
    ...describeStored(card),
    id: card._id,
  }
}

function describeCardContent({ schemaId, version, mirrored = false, metadata }: Card): Contracted['ModelCardContent'] {
  return { schemaId, version, mirrored, ...(metadata && { metadata }) }
}

/** A file as an upload answers it: with `id`, without `scanResults`. */
export function describeFile(file: StoredFile): Contracted['File'] {
  return { ...describeFileDocument(file), id: file._id }
}

/** A file as it is listed, with what the scanners say of it by now. */
export function describeScannedFile(file: StoredFile): Contracted['File'] {
  const scanResults = (file.scans ?? []).map((scan) => ({ ...describeScan(scan), fileId: file._id }))
  return { ...describeFile(file), scanResults }
}

function describeFileDocument(file: StoredFile): Contracted['FileDocument'] {
  const { modelId, name, mime, path, tags, content } = file
  const size = content && { size: content.sizeBytes }
  return { modelId, name, mime, path, tags, complete: content !== undefined, ...size, ...describeStored(file) }
}

export function describeRelease(entry: Entry, release: Release): Contracted['Release'] {
  const images = release.images.map((image) => ({ ...image, id: image._id }))
  return { ...describeReleaseDocument(entry, release), images, id: release._id }
}

export function describeReleaseWithFiles(entry: Entry, release: Release): Contracted['ReleaseWithFiles'] {
  const files = filesOf(entry, release).map(describeScannedFile)
  return { ...describeRelease(entry, release), files, kind: 'comment' }
}

/** A release as it is listed: neither the release nor its images and files have an `id`. */
export function describeReleaseListEntry(entry: Entry, release: Release): Contracted['ReleaseListEntry'] {
  const card = entry.cards.at(-1)
  return {
    ...describeReleaseDocument(entry, release),
    model: { ...describeModel(entry.model), ...(card && { card: describeCardContent(card) }) },
    files: filesOf(entry, release).map(describeFileDocument),
  }
}

function describeReleaseDocument({ model }: Entry, release: Release) {
  const { modelCardVersion, semver, notes, minor, draft, fileIds, images } = release
  const details = { modelCardVersion, semver, notes, minor, draft, fileIds, images }
  return { modelId: model.id, createdBy: release.createdBy ?? USER, ...details, ...describeStored(release) }
}

export function describeSchema(schema: Schema): Contracted['Schema'] {
  const { _id, id, name, description, active, hidden, kind, jsonSchema, reviewRoles, createdAt, updatedAt, __v } =
    schema
  const details = { _id, id, name, description, active, hidden, kind, jsonSchema, reviewRoles }
  return { ...details, createdAt, updatedAt, __v }
}

export function describeSchemaMigration(plan: SchemaMigration): Contracted['SchemaMigration'] & { id: string } {
  const { _id, id, name, description, sourceSchema, targetSchema, draft, questionMigrations } = plan
  const { createdAt, updatedAt } = plan
  const details = { _id, id, name, description, sourceSchema, targetSchema, draft, questionMigrations }
  return { ...details, createdAt, updatedAt }
}

/** A token without its secret. */
export function describeToken(token: Token): Contracted['Token'] {
  const { description, scope, modelIds, actions, accessKey } = token
  const details = { description, scope, modelIds, actions, accessKey }
  return { user: token.user, ...details, hashMethod: 'argon2', ...describeStored(token) }
}

function filesOf({ files }: Entry, { fileIds }: Release): StoredFile[] {
  return fileIds.map((id) => files.get(id)).filter((file) => file !== undefined)
}
