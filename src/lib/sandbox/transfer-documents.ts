import { describeCard, describeRelease, describeScannedFile } from './describe.js'
import type { ArchiveEntry } from './transfer-archive.js'
import type { Entry, Release } from './state.js'

/** The first file of an archive. Its name, like that of the directory of the rest, is a setting of an instance. */
export const METADATA_FILE = 'metadata.json'

export const CONTENT_DIRECTORY = 'content'

/** What an archive says of itself (from Bailo's source). */
export interface ArchiveMetadata {
  readonly schemaVersion: number
  readonly exporter: string
  readonly sourceModelId: string
  readonly mirroredModelId: string
  readonly importKind: string
}

/** Lists what an export consists of: all versions of the card, the given releases, and their files without the bytes. */
export function* listDocuments(
  entry: Entry,
  releases: readonly Release[],
  exporter: string,
): Generator<ArchiveEntry, void> {
  const { model, cards, files } = entry
  const mirroredModelId = model.settings.mirror?.destinationModelId ?? ''
  const about = { schemaVersion: 1, exporter, sourceModelId: model.id, mirroredModelId, importKind: 'documents' }
  yield { name: METADATA_FILE, document: about satisfies ArchiveMetadata }
  for (const card of cards) {
    yield { name: `${CONTENT_DIRECTORY}/${card.version}.json`, document: describeCard(model.id, card) }
  }
  for (const release of releases) {
    yield { name: `${CONTENT_DIRECTORY}/releases/${release._id}.json`, document: describeRelease(entry, release) }
  }
  for (const fileId of new Set(releases.flatMap(({ fileIds }) => fileIds))) {
    const file = files.get(fileId)
    if (file) yield { name: `${CONTENT_DIRECTORY}/files/${fileId}.json`, document: describeScannedFile(file) }
  }
}
