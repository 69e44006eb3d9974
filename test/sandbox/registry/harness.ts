import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Readable } from 'node:stream'
import fastify from 'fastify'
import { request } from 'undici'
import { createBlobStore } from '../../../src/lib/sandbox/blob-store.js'
import {
  registerRegistry,
  RegistryStore,
  type RegistryAction,
  type RegistryAuthority,
} from '../../../src/lib/sandbox/registry/index.js'

export const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
export const OCI_INDEX = 'application/vnd.oci.image.index.v1+json'
export const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json'
export const DOCKER_LIST = 'application/vnd.docker.distribution.manifest.list.v2+json'

/** What the owner may do: everything with two models, only read a third. */
const PERMITTED: Readonly<Record<string, readonly RegistryAction[]>> = {
  'model-abc123': ['pull', 'push', 'delete'],
  'other-def456': ['pull', 'push', 'delete'],
  'readable-ghi789': ['pull'],
}

const authority: RegistryAuthority<string> = {
  identify: (header) =>
    Promise.resolve(
      header === basic('owner')
        ? { ok: true as const, principal: 'owner' }
        : { ok: false as const, message: 'Could not find token' },
    ),
  permittedActions: (principal, modelId) => {
    const actions = principal === 'owner' ? PERMITTED[modelId] : undefined
    return actions && new Set(actions)
  },
  explainDenial: (_principal, modelId, action) => `Not allowed: ${action} on ${modelId}`,
}

export interface Answer {
  readonly status: number
  readonly headers: Record<string, string>
  readonly body: Buffer
  /** The body as JSON. */
  readonly json: unknown
}

export interface SendOptions {
  readonly token?: string
  readonly headers?: Record<string, string>
  readonly body?: string | Buffer | Readable
}

export interface TestRegistry {
  readonly origin: string
  readonly host: string
  readonly directory: string
  readonly store: RegistryStore
  /** Moves the registry's clock. */
  advance(milliseconds: number): void
  send(method: string, path: string, options?: SendOptions): Promise<Answer>
  /** Returns a token for the scopes, for instance `repository:model-abc123/img:pull,push`. */
  token(...scopes: string[]): Promise<string>
  /** Returns a token to read and write the repository. */
  pushToken(repository: string): Promise<string>
  /** Pushes a blob and returns its digest. */
  pushBlob(repository: string, bytes: string | Buffer): Promise<string>
  /** Pushes config, layers and manifest, and returns the manifest's digest. */
  pushImage(repository: string, tag: string, layers: readonly string[]): Promise<string>
  close(): Promise<void>
}

/** Starts a registry, and nothing else, on a free port. */
export async function startRegistry(): Promise<TestRegistry> {
  const directory = await mkdtemp(path.join(tmpdir(), 'registry-test-'))
  const store = new RegistryStore(createBlobStore({ directory, discard: false }))
  const app = fastify({ forceCloseConnections: true })
  let nowMs = Date.parse('2026-01-01T00:00:00Z')
  registerRegistry(app, { store, authority, now: () => nowMs })
  const origin = await app.listen({ host: '127.0.0.1', port: 0 })

  async function send(method: string, path: string, { token, headers = {}, body }: SendOptions = {}): Promise<Answer> {
    const answer = await request(new URL(path, origin), {
      method: method as 'GET',
      headers: { ...(token !== undefined && { authorization: `Bearer ${token}` }), ...headers },
      body: body ?? null,
    })
    const bytes = Buffer.from(await answer.body.arrayBuffer())
    return {
      status: answer.statusCode,
      headers: answer.headers as Record<string, string>,
      body: bytes,
      get json(): unknown {
        return JSON.parse(bytes.toString()) as unknown
      },
    }
  }

  async function token(...scopes: string[]): Promise<string> {
    const query = ['service=RegistryAuth', ...scopes.map((scope) => `scope=${scope}`)].join('&')
    const answer = await send('GET', `/api/v1/registry_auth?${query}`, { headers: { authorization: basic('owner') } })
    return (expectStatus(200, answer).json as { token: string }).token
  }

  const pushToken = (repository: string) => token(`repository:${repository}:pull,push`)

  async function pushBlob(repository: string, bytes: string | Buffer): Promise<string> {
    const digest = digestOf(bytes)
    const path = `/v2/${repository}/blobs/uploads/?digest=${digest}`
    expectStatus(201, await send('POST', path, { token: await pushToken(repository), body: bytes }))
    return digest
  }

  async function pushImage(repository: string, tag: string, layers: readonly string[]): Promise<string> {
    const config = JSON.stringify({ architecture: 'amd64', os: 'linux', layers: layers.length })
    for (const blob of [config, ...layers]) await pushBlob(repository, blob)
    const answer = await send('PUT', `/v2/${repository}/manifests/${tag}`, {
      token: await pushToken(repository),
      headers: { 'content-type': OCI_MANIFEST },
      body: imageManifest(OCI_MANIFEST, config, layers),
    })
    return expectStatus(201, answer).headers['docker-content-digest']!
  }

  return {
    origin,
    host: new URL(origin).host,
    directory,
    store,
    advance: (milliseconds) => void (nowMs += milliseconds),
    send,
    token,
    pushToken,
    pushBlob,
    pushImage,
    close: async () => {
      await app.close()
      await rm(directory, { recursive: true })
    },
  }
}

function expectStatus(status: number, answer: Answer): Answer {
  if (answer.status !== status) throw new Error(`${answer.status} ${answer.body.toString()}`)
  return answer
}

export function digestOf(bytes: string | Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

export function basic(user: string): string {
  return `Basic ${Buffer.from(`${user}:secret-of-${user}`).toString('base64')}`
}

export function imageManifest(mediaType: string, config: string, layers: readonly string[]): string {
  return JSON.stringify({
    schemaVersion: 2,
    mediaType,
    config: describe('application/vnd.oci.image.config.v1+json', config),
    layers: layers.map((layer) => describe('application/vnd.oci.image.layer.v1.tar', layer)),
  })
}

/** Returns the descriptor of the bytes. */
export function describe(mediaType: string, bytes: string): { mediaType: string; digest: string; size: number } {
  return { mediaType, digest: digestOf(bytes), size: Buffer.byteLength(bytes) }
}
