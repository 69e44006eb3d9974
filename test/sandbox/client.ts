import { createHash } from 'node:crypto'
import { expect } from 'vitest'
import type { components } from '../../openapi/bailo-v2.js'
import { startSandbox, type Sandbox, type SandboxOptions } from '../../src/lib/sandbox/index.js'
import { checkAnswer } from './contract-check.js'

export interface Keys {
  readonly accessKey: string
  readonly secretKey: string
}

type Content = NonNullable<RequestInit['body']>

type Contracted = components['schemas']

interface ErrorBody {
  readonly message: string
  readonly context: {
    readonly userDn?: string
    readonly errors: readonly { readonly options: readonly string[] }[]
    readonly validationErrors: readonly unknown[]
    readonly missingImages: readonly { readonly id: string }[]
  }
}

/** A comment, or an answer to a review. */
type Reply = Contracted['Response'] & { readonly _id: string }

export interface AnswerBody {
  readonly model: Contracted['Model']
  readonly models: readonly Contracted['ModelSummary'][]
  readonly permissions: Contracted['ModelPermissions']
  readonly card: Contracted['ModelCard']
  readonly modelCard: Contracted['ModelCard']
  readonly modelCardRevisions: readonly Contracted['ModelCard'][]
  readonly schema: Contracted['Schema']
  readonly schemas: readonly Contracted['Schema'][]
  readonly schemaMigration: Contracted['SchemaMigration'] & { readonly id: string }
  readonly schemaMigrations: readonly Contracted['SchemaMigration'][]
  readonly global: Contracted['UsageMetrics']['global']
  readonly byOrganisation: Contracted['UsageMetrics']['byOrganisation']
  readonly data: Contracted['EntryVolume']['data']
  readonly lastUpdated: string
  readonly transfer: Contracted['Transfer']
  readonly transfers: readonly Contracted['Transfer'][]
  readonly file: Contracted['File']
  readonly files: readonly Contracted['File'][]
  readonly fileId: string
  readonly uploadId: string
  readonly chunks: readonly Contracted['MultipartChunk'][]
  readonly ETag: string
  readonly release: Contracted['ReleaseWithFiles']
  readonly releases: readonly Contracted['ReleaseListEntry'][]
  readonly images: readonly Contracted['ImageEntry'][]
  readonly accessRequest: Contracted['AccessRequest']
  readonly accessRequests: readonly Contracted['AccessRequest'][]
  readonly accessRequestComment: Reply
  readonly response: Reply
  readonly responses: readonly Reply[]
  readonly review: Contracted['Review'] & { readonly _id: string }
  readonly reviews: readonly Contracted['Review'][]
  readonly reviewRole: Contracted['ReviewRole']
  readonly webhook: Contracted['Webhook']
  readonly webhooks: readonly Contracted['Webhook'][]
  readonly token: Contracted['TokenWithSecret']
  readonly tokens: readonly Contracted['Token'][]
  readonly tokenActionMap: readonly Contracted['TokenActionDescription'][]
  readonly user: { readonly token?: Contracted['Token'] }
  readonly roles: readonly Contracted['Role'][]
  readonly reviewRoles: readonly Contracted['ReviewRole'][]
  readonly error: ErrorBody
  readonly errors?: readonly { readonly message: string }[]
  readonly openapi: string
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly operationId: string }>>>>
}

interface ManifestDetails {
  readonly mediaType: string
  readonly [field: string]: unknown
}

export interface Answer {
  readonly status: number
  /** Checked against the contract; which of these are there depends on the route. */
  readonly body: AnswerBody
  readonly text: string
  readonly headers: Headers
}

export interface Sending {
  readonly keys?: Keys
  readonly headers?: Record<string, string>
}

export const MODEL_SCHEMA = 'minimal-general-v10'

export function basic({ accessKey, secretKey }: Keys): string {
  return `Basic ${Buffer.from(`${accessKey}:${secretKey}`).toString('base64')}`
}

/** Speaks plain HTTP to a sandbox of its own, and checks every answer against the contract. */
export class TestSandbox {
  private constructor(readonly sandbox: Sandbox) {}

  static async start(options: SandboxOptions = {}): Promise<TestSandbox> {
    return new TestSandbox(await startSandbox(options))
  }

  close(): Promise<void> {
    return this.sandbox.close()
  }

  async send(method: string, path: string, body?: Content, { keys, headers }: Sending = {}): Promise<Answer> {
    const response = await fetch(this.sandbox.url + path, {
      method,
      headers: { ...(keys && { authorization: basic(keys) }), ...headers },
      ...(body !== undefined && { body, duplex: 'half' }),
    })
    const text = await response.text()
    const contentType = response.headers.get('content-type') ?? ''
    const json =
      contentType.startsWith('application/json') && text !== '' ? (JSON.parse(text) as AnswerBody) : ({} as AnswerBody)
    const findings = checkAnswer(method, path, { status: response.status, contentType, body: json })
    if (method !== 'HEAD') expect(findings).toEqual([])
    return { status: response.status, body: json, text, headers: response.headers }
  }

  get(path: string, sending: Sending = {}): Promise<Answer> {
    return this.send('GET', path, undefined, sending)
  }

  delete(path: string, sending: Sending = {}): Promise<Answer> {
    return this.send('DELETE', path, undefined, sending)
  }

  json(method: string, path: string, body: unknown, sending: Sending = {}): Promise<Answer> {
    const headers = { 'content-type': 'application/json', ...sending.headers }
    return this.send(method, path, JSON.stringify(body), { ...sending, headers })
  }

  post(path: string, body: unknown, sending: Sending = {}): Promise<Answer> {
    return this.json('POST', path, body, sending)
  }

  put(path: string, body: unknown, sending: Sending = {}): Promise<Answer> {
    return this.json('PUT', path, body, sending)
  }

  patch(path: string, body: unknown, sending: Sending = {}): Promise<Answer> {
    return this.json('PATCH', path, body, sending)
  }

  /** Creates a model and returns its id. */
  async createModel(details: object = {}): Promise<string> {
    const answer = await this.post('/api/v2/models', { name: 'm', kind: 'model', description: 'd', ...details })
    expect(answer.status).toBe(200)
    return answer.body.model.id
  }

  /** Creates a model with an empty card and returns its id. */
  async createModelWithCard(details: object = {}): Promise<string> {
    const modelId = await this.createModel(details)
    const answer = await this.post(`/api/v2/model/${modelId}/setup/from-schema`, { schemaId: MODEL_SCHEMA })
    expect(answer.status).toBe(200)
    return modelId
  }

  /** Uploads a file and returns its id. */
  async upload(modelId: string, name: string, content: Content, query = ''): Promise<string> {
    const path = `/api/v2/model/${modelId}/files/upload/simple?name=${encodeURIComponent(name)}${query}`
    const answer = await this.send('POST', path, content)
    expect(answer.status).toBe(200)
    return answer.body.file.id
  }

  createRelease(modelId: string, semver: string, details: object = {}, sending: Sending = {}): Promise<Answer> {
    const body = { semver, notes: 'n', fileIds: [], images: [], ...details }
    return this.post(`/api/v2/model/${modelId}/releases`, body, sending)
  }

  /** Creates a token and returns its keys. */
  async createToken(actions: readonly string[], modelIds: readonly string[] = []): Promise<Keys> {
    const scope = modelIds.length === 0 ? 'all' : 'models'
    const answer = await this.post('/api/v2/user/tokens', { description: 't', scope, modelIds, actions })
    expect(answer.status).toBe(200)
    return answer.body.token
  }

  /** Pushes an image of a config and one layer, and returns the digest of its manifest. */
  async pushImage(modelId: string, name: string, tag: string, layer: string): Promise<string> {
    const repository = `${modelId}/${name}`
    const authorization = await this.authorise(repository)
    const pushBlob = async (content: string) => {
      const digest = digestOf(content)
      const url = `${this.sandbox.url}/v2/${repository}/blobs/uploads/`
      const started = await fetch(url, { method: 'POST', headers: { authorization } })
      const target = new URL(started.headers.get('location') ?? '', url)
      target.searchParams.set('digest', digest)
      const stored = await fetch(target, { method: 'PUT', headers: { authorization }, body: content })
      expect(stored.status).toBe(201)
      return { size: content.length, digest }
    }
    const mediaType = 'application/vnd.oci.image.manifest.v1+json'
    const config = { mediaType: 'application/vnd.oci.image.config.v1+json', ...(await pushBlob('{}')) }
    const layers = [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', ...(await pushBlob(layer)) }]
    return this.pushManifest(repository, tag, { mediaType, config, layers })
  }

  /** Pushes an index of images that are there already, and returns its digest. */
  async pushIndex(modelId: string, name: string, tag: string, images: readonly object[]): Promise<string> {
    const descriptor = { mediaType: 'application/vnd.oci.image.manifest.v1+json', size: 1 }
    const manifests = images.map((image) => ({ ...descriptor, ...image }))
    const mediaType = 'application/vnd.oci.image.index.v1+json'
    return this.pushManifest(`${modelId}/${name}`, tag, { mediaType, manifests })
  }

  private async pushManifest(repository: string, tag: string, details: ManifestDetails): Promise<string> {
    const manifest = JSON.stringify({ schemaVersion: 2, ...details })
    const url = `${this.sandbox.url}/v2/${repository}/manifests/${tag}`
    const headers = { authorization: await this.authorise(repository), 'content-type': details.mediaType }
    const stored = await fetch(url, { method: 'PUT', headers, body: manifest })
    expect(stored.status).toBe(201)
    return digestOf(manifest)
  }

  /** Returns the header with which the registry takes an image. */
  private async authorise(repository: string): Promise<string> {
    const scope = `service=RegistryAuth&scope=repository:${repository}:pull,push`
    const { text } = await this.get(`/api/v1/registry_auth?${scope}`, { keys: this.sandbox })
    return `Bearer ${(JSON.parse(text) as { token: string }).token}`
  }
}

function digestOf(content: string): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`
}

/** The body of an error, to compare an answer with. */
export function bailoError(message: string, context?: unknown): object {
  return { error: { name: 'Bailo Error', message, ...(context === undefined ? {} : { context }) } }
}

export const UNKNOWN_ERROR = {
  error: { name: 'Internal Server Error', message: 'Unknown error - Please contact Bailo support' },
}

/** Matchers for what differs from run to run. */
export const SOME_TEXT: unknown = expect.any(String)
export const SOME_ID: unknown = expect.stringMatching(/^[0-9a-f]{24}$/)

export function matching(pattern: RegExp): unknown {
  return expect.stringMatching(pattern)
}

export function containing(part: object): unknown {
  return expect.objectContaining(part)
}
