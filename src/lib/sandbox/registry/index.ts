import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { RegistryAuthority } from './authority.js'
import type { RegistryFault } from './call.js'
import { RegistryError } from './errors.js'
import { Registry } from './registry.js'
import type { RegistryStore } from './store.js'
import { registerTokenRoute } from './token-route.js'
import { TokenIssuer } from './tokens.js'

export type { RegistryAction, RegistryAuthority } from './authority.js'
export type { RegistryFault } from './call.js'
export { TOKEN_PATH } from './challenge.js'
export { parseManifest, type Manifest } from './manifests.js'
export { describeRegistryRoute, isDigest, isForRegistry, isRepositoryName } from './paths.js'
export { RegistryStore, type RegistryImage, type SavedImages } from './store.js'

export interface RegistryOptions<Principal> {
  readonly store: RegistryStore
  readonly authority: RegistryAuthority<Principal>
  /** The current time in milliseconds since the epoch; tests of expiry give their own. */
  readonly now?: () => number
  /** Returns what is to go wrong with a request, for tests of clients; undefined when nothing. Default: never anything. */
  readonly faultOf?: (request: FastifyRequest) => RegistryFault | undefined
}

/**
 * Adds `GET /api/v1/registry_auth` and everything under `/v2/` to the application, in a plugin of their own, so that body
 * parsing and error form of the rest of the application are untouched.
 */
export function registerRegistry<Principal>(app: FastifyInstance, options: RegistryOptions<Principal>): void {
  const tokens = new TokenIssuer(options.now ?? Date.now)
  const registry = new Registry(options.store, tokens, options.faultOf)
  void app.register((scope, _options, done) => {
    answerInRegistryForm(scope)
    registerTokenRoute(scope, options.authority, tokens)
    done()
  })
  void app.register((scope, _options, done) => {
    answerInRegistryForm(scope)
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, body, parsed) => parsed(null, body))
    scope.all('/v2', (request, reply) => registry.handle(request, reply))
    scope.all('/v2/*', (request, reply) => registry.handle(request, reply))
    done()
  })
}

function answerInRegistryForm(scope: FastifyInstance): void {
  scope.setErrorHandler((error, _request, reply) => {
    const known = error instanceof RegistryError ? error : new RegistryError('UNKNOWN', { details: [String(error)] })
    return reply.code(known.status).headers(known.headers).send(known.body)
  })
}
