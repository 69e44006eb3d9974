import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { UsageError } from '../errors.js'
import { createApplication } from './application.js'
import { openKeptBase, openTemporaryBase, type Base } from './base.js'
import { loadContract } from './contract.js'
import { registerControl } from './control-routes.js'
import type { RuleCounts } from './faults/engine.js'
import { FaultInjector } from './faults/injector.js'
import type { FaultRule } from './faults/rule.js'
import { isLoopbackAddress } from './loopback.js'
import { MultipartUploads } from './multipart.js'
import type { SandboxParts } from './parts.js'
import { RateLimiter, type RateLimit } from './rate-limit.js'
import { SandboxAuthority } from './registry-authority.js'
import { registerRegistry } from './registry/index.js'
import { READING_METHODS, RequestLog, type LoggedRequest, type ServedRequest } from './request-log.js'
import { Routes } from './routes.js'
import { addAllRoutes } from './routes/all.js'
import { ALL_ACTIONS, createToken } from './routes/tokens.js'
import type { ScannerOptions } from './scan-plan.js'
import { seedModel, type ModelSeed } from './seed.js'
import type { SavedKeys } from './snapshot-file.js'
import { TokenChecks, type TokenCost } from './token-checks.js'
import { TransferDelivery, type MirrorPeer } from './transfer-delivery.js'

export type { RuleCounts } from './faults/engine.js'
export { FAULT_RULES_HELP } from './faults/help.js'
export { parseFaultRule } from './faults/parse-rule.js'
export type { FaultRule } from './faults/rule.js'
export { parseRateLimit, type RateLimit } from './rate-limit.js'
export type { ScannerOptions } from './scan-plan.js'
export type { ImageSeed, ModelSeed } from './seed.js'
export { LOGGED_REQUESTS_CAP, type LoggedRequest, type ServedRequest } from './request-log.js'
export type { TokenCost } from './token-checks.js'
export type { MirrorPeer } from './transfer-delivery.js'

export interface SandboxOptions {
  /** Default 0: any free port. */
  readonly port?: number
  /** Default 127.0.0.1: nobody else can reach it. */
  readonly host?: string
  /** Counts large uploads instead of keeping them, for load tests. */
  readonly discard?: boolean
  /** Where everything is kept, for the next sandbox that is given the same directory. Default: nothing is kept. */
  readonly dataDirectory?: string
  /** Where the temporary directory for bytes is made when nothing is kept; default the system's. */
  readonly temporaryParent?: string
  /** Simulated scanners; default: none, as on a new instance. */
  readonly scanners?: ScannerOptions
  /** Serves the specification where instances from before May 2026 have it, instead of where new ones do. */
  readonly olderSpecification?: boolean
  /** How many requests an address may make; default: as many as it likes. */
  readonly rateLimit?: RateLimit
  /** Another sandbox on this machine, to which exports are brought; default: they go nowhere. */
  readonly mirrorTo?: MirrorPeer
  /** Called with each request once it has ended, whatever became of it. */
  readonly onServed?: (request: ServedRequest) => void
}

/** A running sandbox. */
export interface Sandbox {
  /** For instance `http://127.0.0.1:8080`, without a slash at the end; on this machine, also when others can reach it. */
  readonly url: string
  /** True when only this machine can reach it. */
  readonly isLocal: boolean
  /** The keys of a token that may do everything. */
  readonly accessKey: string
  readonly secretKey: string
  /** The first requests since the start, or since they were forgotten, in order of arrival; see {@link LOGGED_REQUESTS_CAP}. */
  readonly requests: readonly LoggedRequest[]
  /** All requests since then, counted by method and route, for instance `GET /api/v2/model/:modelId`. */
  readonly requestCounts: ReadonlyMap<string, number>
  /**
   * Puts a model into the sandbox as it is, with ids and times of its own, past the checks of the API.
   *
   * @throws UsageError, before anything is changed, when it cannot be put there; see {@link ModelSeed}
   */
  seed(model: ModelSeed): Promise<void>
  /** Forgets all requests so far, and counts from now on. */
  forgetRequests(): void
  /** Replaces the rules by which requests go wrong. */
  injectFaults(rules: readonly FaultRule[]): void
  /** Those rules in their order, with how many calls of its route each has seen, and how many of them it was for. */
  readonly faultCounts: readonly RuleCounts[]
  /** Changes what checking the keys of a request takes from now on; undefined: no time. */
  chargeTokens(cost: TokenCost | undefined): void
  /** Changes how many requests an address may make from now on; undefined: as many as it likes. */
  limitRate(limit: RateLimit | undefined): void
  /**
   * Returns the keys of a new token, which may do everything that its user may: no more than others, unless the user is
   * `user`. There is no other way to act as somebody else.
   */
  createKeys(user: string): SavedKeys
  /**
   * Ends all connections, and saves the content or removes the temporary directory. Calling it again does nothing.
   *
   * @throws ExpectedError when the content cannot be saved
   */
  close(): Promise<void>
}

/**
 * Starts an embedded Bailo: its HTTP API and its registry on one port, metadata in memory, bytes in a directory. With a data
 * directory everything is also saved there, soon after each change; uploads that are under way are not part of that.
 *
 * @throws UsageError when the address or the data directory cannot be used
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { dataDirectory, temporaryParent, discard = false } = options
  const base =
    dataDirectory === undefined
      ? await openTemporaryBase(discard, temporaryParent)
      : await openKeptBase(discard, dataDirectory)
  try {
    return await startOn(base, options)
  } catch (error) {
    await base.close()
    throw error
  }
}

async function startOn(base: Base, options: SandboxOptions): Promise<Sandbox> {
  const { port = 0, host = '127.0.0.1', scanners, olderSpecification: hasOlderSpecification = false } = options
  const log = new RequestLog()
  const multipart = new MultipartUploads(base.blobs)
  const basicParts: SandboxParts = { ...base, multipart, contract: loadContract(), scanners, hasOlderSpecification }
  const delivery = options.mirrorTo && new TransferDelivery(options.mirrorTo, basicParts, () => base.noteChange())
  const parts: SandboxParts = { ...basicParts, ...(delivery && { delivery }) }
  const limiter = new RateLimiter(options.rateLimit)
  const faults = new FaultInjector()
  const tokenChecks = new TokenChecks()
  const app = createApplication(log, options.onServed)
  // Before the faults: an answer that is lost tells of a change, too.
  app.addHook('onSend', ({ method }, _reply, _payload, done) => {
    if (!READING_METHODS.includes(method)) base.noteChange()
    done()
  })
  faults.addTo(app)
  limiter.addTo(app)
  tokenChecks.addTo(app)
  registerControl(app, { faults, log, keys: base.keys })
  delivery?.addTo(app)
  addBailo(app, parts, faults)
  await listen(app, port, host)
  const address = app.server.address() as AddressInfo
  delivery?.startAt(describeAddress(address))
  let closing: Promise<void> | undefined
  return {
    url: describeAddress(address),
    isLocal: isLoopbackAddress(address.address),
    accessKey: base.keys.accessKey,
    secretKey: base.keys.secretKey,
    requests: log.list,
    requestCounts: log.counts,
    seed: async (model) => {
      await seedModel(parts, model)
      base.noteChange()
    },
    forgetRequests: () => log.clear(),
    injectFaults: (rules) => faults.change(rules),
    get faultCounts() {
      return faults.counts
    },
    chargeTokens: (cost) => tokenChecks.change(cost),
    limitRate: (limit) => limiter.change(limit),
    createKeys: (user) => {
      const details = { description: user, scope: 'all' as const, modelIds: [], actions: [...ALL_ACTIONS] }
      const { token, secretKey } = createToken(parts.state, details, user)
      base.noteChange()
      return { accessKey: token.accessKey, secretKey }
    },
    close: () => (closing ??= app.close().then(() => base.close())),
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

function addBailo(app: FastifyInstance, parts: SandboxParts, faults: FaultInjector): void {
  const routes = new Routes(app, parts.contract, parts.state)
  addAllRoutes(routes, parts)
  routes.addOptions()
  registerRegistry(app, {
    store: parts.images,
    authority: new SandboxAuthority(parts.state),
    faultOf: (request) => faults.registryFaultOf(request),
  })
}

/** A server that listens on all addresses is named by one that this machine can use. */
function describeAddress({ address, family, port }: AddressInfo): string {
  if (family === 'IPv6') return `http://[${address === '::' ? '::1' : address}]:${port}`
  return `http://${address === '0.0.0.0' ? '127.0.0.1' : address}:${port}`
}
