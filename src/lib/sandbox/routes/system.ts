import { describeToken } from '../describe.js'
import { USER } from '../auth.js'
import type { SandboxParts } from '../parts.js'
import type { Routes } from '../routes.js'

/** Adds what says how the instance is and who is asking. */
export function addSystemRoutes(routes: Routes, { contract }: SandboxParts): void {
  routes.add('get', '/api/v2/system/status', () => ({ ping: 'pong', federation: { state: 'disabled' } }))

  routes.add('get', '/api/v2/entities/me', () => ({ user: { dn: USER, isAdmin: true } }))

  routes.add('get', '/api/v3/entities/me', ({ principal: { token } }) => ({
    user: {
      dn: USER,
      // With the hash of its secret, as on the server.
      ...(token && { token: { ...describeToken(token), secretKey: token.secretKeyHash } }),
      systemRoles: ['admin', 'compliance', 'untrusted-model'],
    },
  }))

  routes.add('get', '/api/v2/filescanning/info', () => ({ scanners: [] }))

  routes.add('get', '/api/v2/api-docs/swagger.json', ({ reply }) => reply.send(contract.document))
}
