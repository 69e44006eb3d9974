import type { SandboxParts } from '../parts.js'
import type { Routes } from '../routes.js'
import { describeApi } from '../specification.js'

/** Adds what says how the instance is. */
export function addSystemRoutes(routes: Routes, { contract, hasOlderSpecification }: SandboxParts): void {
  routes.add('get', '/api/v2/system/status', () => ({ ping: 'pong', federation: { state: 'disabled' } }))

  if (hasOlderSpecification) {
    routes.add('get', '/api/v2/specification', ({ reply }) => reply.send(describeApi(contract, 'v2')))
  } else {
    routes.add('get', '/api/v2/api-docs/swagger.json', ({ reply }) => reply.send(describeApi(contract, 'v2')))
    routes.add('get', '/api/v3/api-docs/swagger.json', ({ reply }) => reply.send(describeApi(contract, 'v3')))
  }
}
