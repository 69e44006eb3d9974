import { describeToken } from '../describe.js'
import { isAdministrator } from '../model-rights.js'
import type { SandboxParts } from '../parts.js'
import type { Routes } from '../routes.js'

/** Adds who is asking, and who the others are. */
export function addEntityRoutes(routes: Routes, _parts: SandboxParts): void {
  routes.add('get', '/api/v2/entities/me', ({ principal: { user } }) => ({
    user: { dn: user, isAdmin: isAdministrator(user) },
  }))

  routes.add('get', '/api/v3/entities/me', ({ principal: { user, token } }) => ({
    user: {
      dn: user,
      // With the hash of its secret, as on the server.
      ...(token && { token: { ...describeToken(token), secretKey: token.secretKeyHash } }),
      systemRoles: isAdministrator(user) ? ['admin', 'compliance', 'untrusted-model'] : [],
    },
  }))

  // A development instance knows nobody, and describes everybody in the same words (from Bailo's source).
  routes.add('get', '/api/v2/entity/{dn}/lookup', ({ params: { dn } }) => ({
    entity: { email: `${dn}@example.com`, name: 'Joe Bloggs', organisation: 'Acme Corp' },
  }))
}
