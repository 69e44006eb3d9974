import { mkdtemp, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { FastifyInstance } from 'fastify'
import { UsageError } from '../errors.js'
import { createApplication } from './application.js'
import { createBlobStore } from './blob-store.js'
import { loadContract } from './contract.js'
import { addDefaultSchemas } from './default-schemas.js'
import type { SandboxParts } from './parts.js'
import { SandboxAuthority } from './registry-authority.js'
import { registerRegistry, RegistryStore } from './registry/index.js'
import { RequestLog, type LoggedRequest } from './request-log.js'
import { Routes } from './routes.js'
import { addAllRoutes } from './routes/all.js'
import { ALL_ACTIONS, createToken } from './routes/tokens.js'
import { SandboxState } from './state.js'

export { LOGGED_REQUESTS_CAP, type LoggedRequest } from './request-log.js'

export interface SandboxOptions {
  /** Default 0: any free port. */
  readonly port?: number
  /** Default 127.0.0.1: nobody else can reach it. */
  readonly host?: string
  /** Counts large uploads instead of keeping them, for load tests. */
  readonly discard?: boolean
  /** Where the temporary directory for bytes is made; default the system's. */
  readonly dataDirectory?: string
}

/** A running sandbox. */
export interface Sandbox {
  /** For instance `http://127.0.0.1:8080`, without a slash at the end. */
  readonly url: string
  /** The keys of a token that may do everything. */
  readonly accessKey: string
  readonly secretKey: string
  /** The first requests since the start, in order of arrival; see {@link LOGGED_REQUESTS_CAP}. */
  readonly requests: readonly LoggedRequest[]
  /** All requests since the start, counted by method and route, for instance `GET /api/v2/model/:modelId`. */
  readonly requestCounts: ReadonlyMap<string, number>
  /** Ends all connections and removes the temporary directory. Calling it again does nothing. */
  close(): Promise<void>
}

/**
 * Starts an embedded Bailo: its HTTP API and its registry on one port, metadata in memory, bytes in a temporary directory.
 *
 * @throws UsageError when the address or the data directory cannot be used
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { dataDirectory = tmpdir() } = options
  const directory = await makeDirectory(dataDirectory)
  const removeDirectory = () => rm(directory, { recursive: true, force: true, maxRetries: 3 })
  try {
    return await startIn(directory, removeDirectory, options)
  } catch (error) {
    await removeDirectory()
    throw error
  }
}

async function startIn(
  directory: string,
  removeDirectory: () => Promise<void>,
  { port = 0, host = '127.0.0.1', discard = false }: SandboxOptions,
): Promise<Sandbox> {
  const blobs = createBlobStore({ directory, discard })
  const state = new SandboxState()
  addDefaultSchemas(state)
  const keys = createToken(state, { description: 'sandbox', scope: 'all', modelIds: [], actions: [...ALL_ACTIONS] })
  const log = new RequestLog()
  const app = buildApplication(log, { state, blobs, images: new RegistryStore(blobs), contract: loadContract() })
  await listen(app, port, host)
  return {
    url: describeAddress(app.server.address() as AddressInfo),
    accessKey: keys.token.accessKey,
    secretKey: keys.secretKey,
    requests: log.list,
    requestCounts: log.counts,
    close: async () => {
      await app.close()
      await removeDirectory()
    },
  }
}

async function listen(app: FastifyInstance, port: number, host: string): Promise<void> {
  await app.ready()
  try {
    await app.listen({ port, host })
  } catch (error) {
    await app.close()
    const tryNext = ['Use another port, or none at all']
    throw new UsageError(`The sandbox cannot listen on ${host} port ${port}`, tryNext, error)
  }
}

async function makeDirectory(parent: string): Promise<string> {
  try {
    return await mkdtemp(path.join(parent, 'bailo-exp-sandbox-'))
  } catch (error) {
    throw new UsageError(`The sandbox cannot write to ${parent}`, ['Use another data directory'], error)
  }
}

function buildApplication(log: RequestLog, parts: SandboxParts): FastifyInstance {
  const app = createApplication(log)
  const routes = new Routes(app, parts.contract, parts.state)
  addAllRoutes(routes, parts)
  routes.addOptions()
  registerRegistry(app, { store: parts.images, authority: new SandboxAuthority(parts.state) })
  return app
}

function describeAddress({ address, family, port }: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`
}
