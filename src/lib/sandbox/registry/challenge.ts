import type { RequiredAccess } from './access.js'
import { RegistryError } from './errors.js'

/** The service that tokens are issued for; part of each challenge and of each token request. */
export const SERVICE = 'RegistryAuth'

/** Where tokens are issued. */
export const TOKEN_PATH = '/api/v1/registry_auth'

/**
 * Makes the 401 that sends a client to the token endpoint (RFC 6750 section 3, Docker token authentication): scopes are
 * `type:name:action,action`, several of them separated by spaces. The realm is on the host that the request was made to.
 */
export function challenge(
  host: string,
  required: readonly RequiredAccess[],
  error?: 'insufficient_scope' | 'invalid_token',
): RegistryError {
  const parameters = [`realm="http://${host}${TOKEN_PATH}"`, `service="${SERVICE}"`]
  if (required.length > 0) parameters.push(`scope="${describeScopes(required)}"`)
  if (error !== undefined) parameters.push(`error="${error}"`)
  return new RegistryError('UNAUTHORIZED', {
    headers: { 'www-authenticate': `Bearer ${parameters.join(',')}` },
    details: [required.length === 0 ? null : required.map(describeAccess)],
  })
}

function describeScopes(required: readonly RequiredAccess[]): string {
  const actions = new Map<string, string[]>()
  for (const { type, name, action } of required) {
    const resource = `${type}:${name}`
    actions.set(resource, [...(actions.get(resource) ?? []), action])
  }
  return [...actions].map(([resource, names]) => `${resource}:${names.join(',')}`).join(' ')
}

function describeAccess({ type, name, action }: RequiredAccess): Record<string, string> {
  return { Type: type, Class: '', Name: name, Action: action }
}
