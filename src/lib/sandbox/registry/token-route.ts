import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Grant } from './access.js'
import type { RegistryAction, RegistryAuthority } from './authority.js'
import { SERVICE, TOKEN_PATH } from './challenge.js'
import { RegistryError } from './errors.js'
import { isRepositoryName } from './paths.js'
import type { TokenIssuer } from './tokens.js'

const REPOSITORY_ACTIONS: ReadonlySet<string> = new Set<RegistryAction>(['pull', 'push', 'delete'])

/**
 * Adds the token endpoint (Docker token authentication). Words and statuses are as observed: 401 for who is asking, 403
 * for what is asked.
 */
export function registerTokenRoute<Principal>(
  app: FastifyInstance,
  authority: RegistryAuthority<Principal>,
  tokens: TokenIssuer,
): void {
  app.get(TOKEN_PATH, async (request: FastifyRequest, reply: FastifyReply) => {
    const query = new URL(request.url, 'http://localhost').searchParams
    const { authorization } = request.headers
    if (authorization === undefined) throw unauthorised('No authorisation header found')
    const identity = await authority.identify(authorization)
    if (!identity.ok) throw unauthorised(identity.message)
    if (query.get('service') !== SERVICE) {
      throw unauthorised('Received registry auth request from unexpected service')
    }
    const access = grantAll(authority, identity.principal, query.getAll('scope'))
    return reply.send({ token: tokens.issue(access) })
  })
}

/**
 * Returns what is granted of the scopes asked for. What cannot be pulled is left out, so that a client may ask for several
 * repositories at once, and only refused when nothing is left; anything else is granted in full or refused.
 */
function grantAll<Principal>(
  authority: RegistryAuthority<Principal>,
  principal: Principal,
  scopes: readonly string[],
): Grant[] {
  const granted = scopes.map(parseScope).filter((scope) => isGranted(authority, principal, scope))
  if (scopes.length > 0 && granted.length === 0) {
    throw denied('Requested image is not accessible - no authorised scopes.')
  }
  return granted
}

function isGranted<Principal>(
  authority: RegistryAuthority<Principal>,
  principal: Principal,
  { type, name, actions }: Grant,
): boolean {
  const modelId = name.split('/')[0] ?? ''
  const permitted: ReadonlySet<string> | undefined =
    type === 'repository' ? authority.permittedActions(principal, modelId) : undefined
  if (actions.every((action) => action === 'pull')) return permitted?.has('pull') ?? false
  if (permitted === undefined) throw denied('ModelId not found.')
  const refused = actions.find((action) => !permitted.has(action))
  if (refused !== undefined) throw denied(authority.explainDenial(principal, modelId, refused as RegistryAction))
  return true
}

/** `type:name:action,action`. All actions on a repository may be written `*`. */
function parseScope(scope: string): Grant {
  const [type = '', name = '', list = '', ...rest] = scope.split(':')
  const isRepository = type === 'repository'
  const actions = isRepository && list === '*' ? [...REPOSITORY_ACTIONS] : list.split(',')
  const isKnown = isRepository ? actions.every((action) => REPOSITORY_ACTIONS.has(action)) : list !== ''
  if (rest.length > 0 || !isRepositoryName(name) || !isKnown) throw denied('Invalid scope format')
  return { type, name, actions }
}

function unauthorised(message: string): RegistryError {
  return new RegistryError('UNAUTHORIZED', { message })
}

function denied(message: string): RegistryError {
  return new RegistryError('DENIED', { message })
}
