import type { components } from '../../../openapi/bailo-v2.js'
import { newObjectId } from './ids.js'

type Contracted = components['schemas']

/** What every stored document has. */
export interface Stored {
  readonly _id: string
  readonly createdAt: string
  updatedAt: string
  /** Number of the last change among all changes of the sandbox: orders documents changed in one millisecond. */
  changeNumber: number
  __v: number
}

export interface Collaborator {
  readonly entity: string
  readonly roles: string[]
  readonly _id: string
}

/** A model, a data card, or a mirror of one: Bailo calls all of them entries. */
export interface Model extends Stored {
  readonly id: string
  name: string
  kind: Contracted['ModelKind']
  description: string
  organisation: string
  state: string
  tags: string[]
  collaborators: Collaborator[]
  settings: Contracted['ModelSettings']
  visibility: Contracted['Visibility']
}

/** One version of the card of a model; the last one is the current one. */
export interface Card extends Stored {
  /** Came with an import, from the model that this one mirrors. */
  readonly mirrored?: boolean
  readonly schemaId: string
  readonly version: number
  /** Absent for the user of a development instance. */
  readonly createdBy?: string
  /** Absent when nothing but empty objects was stored. */
  readonly metadata?: Contracted['CardMetadata']
}

export interface StoredFile extends Stored {
  readonly modelId: string
  name: string
  mime: string
  readonly path: string
  tags: string[]
  /** Absent as long as a multipart upload is not finished. */
  content?: { readonly blobKey: string; readonly sizeBytes: number }
  /** The last scan of each scanner; absent when there were no scanners as it was uploaded. */
  scans?: readonly Scan[]
}

/** What one scanner does with one file or image. How far it is follows from the time, so that nothing has to tick. */
export interface Scan {
  readonly _id: string
  readonly toolName: string
  readonly artefactKind: Contracted['ArtefactKind']
  /** In milliseconds since the epoch, like the end. Until then it waits for the scanner. */
  readonly startsAtMs: number
  readonly endsAtMs: number
  readonly outcome: 'complete' | 'skipped' | 'error'
  readonly findings: readonly Contracted['ScanFinding'][]
}

/**
 * An export of a model, or an import of one. Like that of scans, its progress follows from the time, unless it is really
 * brought to another sandbox.
 */
export interface Transfer extends Stored {
  readonly modelId: string
  readonly createdBy: string
  /** The archive of the documents, in the blob store; absent for an import. */
  readonly archiveKey?: string
  /** In the order in which they are copied. */
  readonly artefacts: readonly TransferArtefact[]
}

export interface TransferArtefact {
  readonly key: string
  readonly kind: Contracted['ArtefactTransfer']['kind']
  /** In milliseconds since the epoch, like the end; infinite where nobody knows yet. */
  startsAtMs: number
  endsAtMs: number
  /** True for one that came to its end without having been copied. */
  hasFailed?: boolean
}

export interface ImageReference {
  readonly repository: string
  readonly name: string
  readonly tag: string
  readonly _id: string
}

export interface Release extends Stored {
  /** Absent for the user of a development instance. */
  readonly createdBy?: string
  readonly semver: string
  modelCardVersion: number
  notes: string
  readonly minor: boolean
  draft: boolean
  fileIds: string[]
  images: ImageReference[]
}

export interface AccessRequest extends Stored {
  readonly id: string
  readonly schemaId: string
  /** Who asked; the people who are to have access are in the metadata. */
  readonly createdBy: string
  metadata: Contracted['AccessRequestMetadata']
}

export interface Webhook extends Stored {
  readonly id: string
  name: string
  uri: string
  token: string | undefined
  insecureSSL: boolean
  events: string[]
  active: boolean
}

/** Asks the holders of a role for a decision on a release, on an access request, or on the model itself. */
export interface Review extends Stored {
  readonly role: string
  readonly subject:
    | { readonly kind: 'release'; readonly semver: string }
    | { readonly kind: 'access'; readonly accessRequestId: string }
    | { readonly kind: 'lifecycle'; readonly dueDate: string }
}

/** A comment, or an answer to a review: Bailo calls both of them responses. */
export interface Reply extends Stored {
  readonly entity: string
  /** `_id` of the release or access request that is commented on, or of the review that is answered. */
  readonly parentId: string
  readonly kind: 'review' | 'comment'
  readonly role?: string
  readonly decision?: Contracted['Decision']
  comment?: string | undefined
  commentEditedAt?: string
  readonly reactions: { readonly kind: string; users: string[]; readonly _id: string }[]
}

/** A role that people can have on models, beside those of the system, to review what belongs to them. */
export interface ReviewRole extends Stored {
  readonly shortName: string
  name: string
  readonly kind: string
  description?: string
  defaultEntities: string[]
  readonly lockEntities: boolean
  systemRole?: Contracted['SystemRole']
}

/** A model with everything that belongs to it. */
export interface Entry {
  readonly model: Model
  readonly cards: Card[]
  /** What imports brought of the model that this one mirrors. */
  readonly mirroredCards: Card[]
  /** In order of creation, by id. */
  readonly files: Map<string, StoredFile>
  /** By semver, in the form in which it is stored. */
  readonly releases: Map<string, Release>
  /** Versions that can never be used again. */
  readonly deletedSemvers: Set<string>
  /** By name and digest. */
  readonly imageScans: Map<string, readonly Scan[]>
  readonly accessRequests: AccessRequest[]
  readonly webhooks: Webhook[]
  /** In order of creation, like the replies. */
  readonly reviews: Review[]
  /** The comments on everything above, and the answers to its reviews. */
  readonly replies: Reply[]
}

export interface Token extends Stored {
  readonly user: string
  readonly description: string
  readonly scope: Contracted['TokenScope']
  modelIds: string[]
  readonly actions: string[]
  readonly accessKey: string
  readonly secretKeyHash: string
}

export type JsonObject = Readonly<Record<string, unknown>>

export interface Schema extends Stored {
  readonly id: string
  name: string
  description: string
  active: boolean
  hidden: boolean
  readonly kind: Contracted['SchemaKind']
  readonly jsonSchema: JsonObject
  reviewRoles: string[]
}

/** A plan to carry cards from one schema over to another. */
export interface SchemaMigration extends Stored {
  readonly id: string
  name: string
  description: string
  readonly sourceSchema: string
  readonly targetSchema: string
  draft: boolean
  questionMigrations: Contracted['QuestionMigrations']
}

/** Everything the sandbox knows, except the bytes. It is gone when the process ends. */
export class SandboxState {
  /** By model id, in order of creation. */
  readonly entries = new Map<string, Entry>()
  /** By access key, in order of creation. */
  readonly tokens = new Map<string, Token>()
  readonly schemas = new Map<string, Schema>()
  /** By short name, in order of creation. */
  readonly reviewRoles = new Map<string, ReviewRole>()
  /** By id, in order of creation. */
  readonly schemaMigrations = new Map<string, SchemaMigration>()
  /** By id, in order of creation. */
  readonly transfers = new Map<string, Transfer>()
  private changes = 0

  /** Returns the fields of a new document. */
  newDocument(): Stored {
    const now = new Date().toISOString()
    return { _id: newObjectId(), createdAt: now, updatedAt: now, changeNumber: ++this.changes, __v: 0 }
  }

  /** Marks a document as changed now. */
  touch(document: Stored): void {
    document.updatedAt = new Date().toISOString()
    document.changeNumber = ++this.changes
  }

  addModel(model: Model): void {
    this.entries.set(model.id, {
      model,
      cards: [],
      mirroredCards: [],
      files: new Map(),
      releases: new Map(),
      deletedSemvers: new Set(),
      imageScans: new Map(),
      accessRequests: [],
      webhooks: [],
      reviews: [],
      replies: [],
    })
  }
}

/** Orders documents by their last change, newest first. */
export function byLastChange(a: Stored, b: Stored): number {
  return b.changeNumber - a.changeNumber
}
