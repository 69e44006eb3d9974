import { createHash } from 'node:crypto'
import { BailoError, badRequest, notFound } from './errors.js'
import { explainLackOfRight, USER, type Right } from './model-rights.js'
import type { SandboxState, Token } from './state.js'

/** What a token can be allowed to do, in Bailo's order. */
export const TOKEN_ACTIONS = [
  { id: 'model:read', description: 'Read models and data cards.' },
  { id: 'model:write', description: 'Create and change models and data cards.' },
  { id: 'model:export', description: 'Export models to another instance.' },
  { id: 'release:read', description: 'Read releases.' },
  { id: 'release:write', description: 'Create and change releases.' },
  { id: 'release:export', description: 'Export releases to another instance.' },
  { id: 'access_request:read', description: 'Read access requests.' },
  { id: 'access_request:write', description: 'Create and change access requests.' },
  { id: 'file:read', description: 'List and download files.' },
  { id: 'file:write', description: 'Upload and change files.' },
  { id: 'image:read', description: 'List and pull images.' },
  { id: 'image:write', description: 'Push and delete images.' },
  { id: 'schema:write', description: 'Create and change schemas.' },
  { id: 'reviewRole:write', description: 'Create and change review roles.' },
  { id: 'reviewRole:read', description: 'Read review roles.' },
] as const

export type TokenAction = (typeof TOKEN_ACTIONS)[number]['id']

/** Who is asking: a user in person, or a program with a token of the user. */
export interface Principal {
  readonly user: string
  readonly token: Token | undefined
  /** Returns why the user, with whatever token, may not do this with a model; undefined when they may. */
  readonly explainLackOfRight: (modelId: string, right: Right) => string | undefined
}

/** Returns the user of a token, or without one the user of a development instance. */
export function toPrincipal(state: SandboxState, token?: Token): Principal {
  const user = token?.user ?? USER
  return { user, token, explainLackOfRight: (modelId, right) => explainLackOfRight(state, user, modelId, right) }
}

/** Returns what is kept of a secret key. The server uses Argon2id; a hash that is not slow does for a sandbox. */
export function hashSecretKey(secretKey: string): string {
  return createHash('sha256').update(secretKey).digest('hex')
}

/**
 * Finds out who sent a request. Without the header it is the user in person, as on a development instance.
 *
 * @throws BailoError 401 with the cause in its context (observed)
 */
export function authenticate(state: SandboxState, header: string | undefined, url: string): Principal {
  if (header === undefined) return toPrincipal(state)
  try {
    return toPrincipal(state, findTokenByHeader(state, header))
  } catch (error) {
    throw new BailoError(401, 'Failed to get token from auth header', { error: describeCause(error), url })
  }
}

/**
 * Returns the token whose keys are in the header.
 *
 * @throws BailoError when there is none; TypeError for a header without credentials, as on the server
 */
export function findTokenByHeader(state: SandboxState, header: string): Token {
  const [method = '', credentials] = header.split(' ')
  if (method.toLowerCase() !== 'basic') throw badRequest("Incorrect authorization type, should be 'basic'", { method })
  const [accessKey, secretKey] = Buffer.from(credentials as string, 'base64')
    .toString('utf8')
    .split(':')
  if (!accessKey || !secretKey) throw badRequest('Access key and secret key were not provided.')
  const token = state.tokens.get(accessKey)
  if (token === undefined) throw notFound('Could not find token', { accessKey })
  if (token.secretKeyHash !== hashSecretKey(secretKey)) {
    throw new BailoError(401, 'Invalid secret key', { accessKey })
  }
  return token
}

/** What an action of a token stands for when nothing else is said; the others are for everybody who sees the model. */
const RIGHTS: Partial<Record<TokenAction, Right>> = {
  'model:write': 'writeCard',
  'model:export': 'exportModel',
  'release:export': 'exportModel',
  'file:write': 'uploadFile',
  'image:write': 'pushImage',
}

/**
 * Returns why the principal may not do this with the model; undefined when it may. A token has to allow the action, and its
 * user needs the right, which is a finer one.
 */
export function explainRefusal(
  principal: Principal,
  modelId: string,
  action: TokenAction,
  right: Right = RIGHTS[action] ?? 'see',
): string | undefined {
  return explainTokenRefusal(principal, modelId, action) ?? principal.explainLackOfRight(modelId, right)
}

/** Returns why the token of the principal, whoever its user is, may not do this with a model. */
export function explainTokenRefusal({ token }: Principal, modelId: string, action: TokenAction): string | undefined {
  if (token?.scope === 'models' && !token.modelIds.includes(modelId)) return 'This token may not be used for this model'
  return explainMissingAction(token, action)
}

/** Returns why a token does not allow an action that has to do with no model; undefined when it does. */
export function explainMissingAction(token: Token | undefined, action: TokenAction): string | undefined {
  if (token === undefined || token.actions.includes(action)) return undefined
  return `This token is missing the required action: ${action}`
}

function describeCause(error: unknown): object {
  if (!(error instanceof BailoError)) return { code: (error as NodeJS.ErrnoException).code }
  const { message, name, status: code, context } = error
  return { message, name, code, context }
}
