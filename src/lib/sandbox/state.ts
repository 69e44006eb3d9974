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
  readonly schemaId: string
  readonly version: number
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
}

export interface ImageReference {
  readonly repository: string
  readonly name: string
  readonly tag: string
  readonly _id: string
}

export interface Release extends Stored {
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
  readonly metadata: Contracted['AccessRequestMetadata']
}

export interface Webhook extends Stored {
  readonly id: string
  readonly name: string
  readonly uri: string
  readonly token: string | undefined
  readonly insecureSSL: boolean
  readonly events: string[]
  readonly active: boolean
}

/** A model with everything that belongs to it. */
export interface Entry {
  readonly model: Model
  readonly cards: Card[]
  /** In order of creation, by id. */
  readonly files: Map<string, StoredFile>
  /** By semver, in the form in which it is stored. */
  readonly releases: Map<string, Release>
  /** Versions that can never be used again. */
  readonly deletedSemvers: Set<string>
  readonly accessRequests: AccessRequest[]
  readonly webhooks: Webhook[]
}

export interface Token extends Stored {
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
  readonly name: string
  readonly description: string
  readonly kind: Contracted['SchemaKind']
  readonly jsonSchema: JsonObject
  readonly reviewRoles: string[]
}

/** Everything the sandbox knows, except the bytes. It is gone when the process ends. */
export class SandboxState {
  /** By model id, in order of creation. */
  readonly entries = new Map<string, Entry>()
  /** By access key, in order of creation. */
  readonly tokens = new Map<string, Token>()
  readonly schemas = new Map<string, Schema>()
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
      files: new Map(),
      releases: new Map(),
      deletedSemvers: new Set(),
      accessRequests: [],
      webhooks: [],
    })
  }
}

/** Orders documents by their last change, newest first. */
export function byLastChange(a: Stored, b: Stored): number {
  return b.changeNumber - a.changeNumber
}
