import { findEntry } from '../access.js'
import { hashSecretKey, TOKEN_ACTIONS, type TokenAction } from '../auth.js'
import { describeToken } from '../describe.js'
import { forbidden, notFound } from '../errors.js'
import { newAccessKey, newSecretKey } from '../ids.js'
import { USER } from '../model-rights.js'
import type { SandboxParts } from '../parts.js'
import type { Routes } from '../routes.js'
import type { SandboxState, Token } from '../state.js'

/** Creates a token and returns it together with its secret, which is not kept. */
export function createToken(
  state: SandboxState,
  details: Pick<Token, 'description' | 'scope' | 'modelIds' | 'actions'>,
  user = USER,
): { token: Token; secretKey: string } {
  const secretKey = newSecretKey()
  const keys = { accessKey: newAccessKey(), secretKeyHash: hashSecretKey(secretKey) }
  const token: Token = { ...state.newDocument(), user, ...details, ...keys }
  state.tokens.set(token.accessKey, token)
  return { token, secretKey }
}

/** Every action there is. */
export const ALL_ACTIONS: readonly TokenAction[] = TOKEN_ACTIONS.map(({ id }) => id)

export function addTokenRoutes(routes: Routes, { state }: SandboxParts): void {
  routes.add('post', '/api/v2/user/tokens', ({ principal, body: { description, scope, modelIds, actions } }) => {
    if (principal.token !== undefined) {
      throw forbidden('A token cannot be used to create another token', { accessKey: principal.token.accessKey })
    }
    if (scope === 'models') for (const modelId of modelIds) findEntry(state, principal, modelId)
    const { token, secretKey } = createToken(state, { description, scope, modelIds, actions }, principal.user)
    return { token: { ...describeToken(token), secretKey } }
  })

  routes.add('get', '/api/v2/user/tokens', ({ principal }) => ({
    tokens: [...state.tokens.values()].filter(({ user }) => user === principal.user).map(describeToken),
  }))

  routes.add('get', '/api/v2/user/tokens/list', () => ({ tokenActionMap: [...TOKEN_ACTIONS] }))

  routes.add('delete', '/api/v2/user/token/{accessKey}', ({ principal, params: { accessKey } }) => {
    const token = state.tokens.get(accessKey)
    if (token === undefined) throw notFound('Could not find token', { accessKey })
    if (token.user !== principal.user) throw forbidden('Only the token owner can remove the token', { accessKey })
    state.tokens.delete(accessKey)
    return { message: 'Successfully removed access key.' }
  })
}
