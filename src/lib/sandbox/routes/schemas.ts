import { describeSchema } from '../describe.js'
import { notFound } from '../errors.js'
import type { SandboxParts } from '../parts.js'
import type { Routes } from '../routes.js'
import { listStates } from '../schema-check.js'
import { byLastChange, type SandboxState, type Schema } from '../state.js'

/** @throws BailoError 404 */
export function findSchema(state: SandboxState, schemaId: string): Schema {
  const schema = state.schemas.get(schemaId)
  if (schema === undefined) throw notFound('The requested schema was not found.', { schemaId })
  return schema
}

export function addSchemaRoutes(routes: Routes, { state }: SandboxParts): void {
  routes.add('get', '/api/v2/schemas', ({ query: { kind, hidden } }) => ({
    schemas: [...state.schemas.values()]
      .filter((schema) => !hidden && (!kind || schema.kind === kind))
      .sort(byLastChange)
      .map(describeSchema),
  }))

  routes.add('get', '/api/v2/schema/{schemaId}', ({ params: { schemaId } }) => {
    const schema = findSchema(state, schemaId)
    return { schema: { ...describeSchema(schema), jsonSchema: listStates(schema.jsonSchema) } }
  })
}
