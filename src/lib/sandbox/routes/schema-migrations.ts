import { requireAction, requireTokenAction } from '../access.js'
import type { Principal } from '../auth.js'
import { readCardPath, writeCardPath } from '../card-paths.js'
import { describeSchemaMigration } from '../describe.js'
import { badRequest, notFound } from '../errors.js'
import { newSlugId } from '../ids.js'
import type { SandboxParts } from '../parts.js'
import type { Routes } from '../routes.js'
import type { JsonObject, SandboxState, SchemaMigration } from '../state.js'
import { saveCard } from './cards.js'

/** Adds the plans that carry cards over to another schema. Messages are from Bailo's source. */
export function addSchemaMigrationRoutes(routes: Routes, { state }: SandboxParts): void {
  routes.add('get', '/api/v2/schema-migrations', ({ query: { sourceSchema } }) => ({
    schemaMigrations: [...state.schemaMigrations.values()]
      .filter((plan) => !sourceSchema || plan.sourceSchema === sourceSchema)
      .map(describeSchemaMigration),
  }))

  routes.add('post', '/api/v2/schema-migration', ({ principal, body }) => {
    const { name, description = '', sourceSchema, targetSchema, draft = false, questionMigrations } = body
    if (name === '') {
      throw badRequest('Could not create an ID for the schema migration due to missing name property')
    }
    requirePlanRight(principal, name)
    const details = { id: newSlugId(name), name, description, sourceSchema, targetSchema, draft, questionMigrations }
    const plan: SchemaMigration = { ...state.newDocument(), ...details }
    state.schemaMigrations.set(plan.id, plan)
    return { schemaMigration: describeSchemaMigration(plan) }
  })

  routes.add('get', '/api/v2/schema-migration/{schemaMigrationId}', ({ params: { schemaMigrationId } }) => ({
    schemaMigration: describeSchemaMigration(findPlan(state, schemaMigrationId)),
  }))

  routes.add('put', '/api/v2/schema-migration/{schemaMigrationId}', ({ principal, params, body }) => {
    const plan = findPlan(state, params.schemaMigrationId)
    requirePlanRight(principal, plan.name)
    const { name, description, draft = plan.draft, questionMigrations } = body
    Object.assign(plan, { name, description, draft, questionMigrations })
    state.touch(plan)
    return { schemaMigration: describeSchemaMigration(plan) }
  })

  routes.add('post', '/api/v2/model/{modelId}/migrate-schema/{migrationId}', async ({ principal, params }) => {
    const { modelId, migrationId } = params
    const entry = state.entries.get(modelId)
    if (entry === undefined) throw badRequest('Model cannot be found', { modelId })
    requireAction(principal, modelId, 'model:write', {}, 'updateModel')
    if (entry.model.kind === 'mirrored-model') {
      throw badRequest('Mirrored models cannot be migrated. Please migrate the source model first.', { modelId })
    }
    const card = entry.cards.at(-1)
    if (card === undefined) {
      throw badRequest('Model cannot be migrated as it does not have a valid model card.', { modelId })
    }
    const plan = state.schemaMigrations.get(migrationId)
    if (plan === undefined) {
      throw badRequest('Cannot find specified schema migration plan.', { migrationPlanId: migrationId })
    }
    if (card.schemaId !== plan.sourceSchema) {
      throw badRequest("The schema for this model does not match the migration plan's source schema.")
    }
    await saveCard(state, entry, {
      schemaId: plan.targetSchema,
      version: card.version + 1,
      metadata: migrate(card.metadata ?? {}, plan),
      createdBy: principal.user,
    })
    return { response: 'Successfully migrated model schema' }
  })
}

/** Follows the plan. The result is not checked against the target schema, as on the server. */
function migrate(metadata: JsonObject, { questionMigrations }: SchemaMigration): JsonObject {
  return questionMigrations.reduce((migrated, { kind, sourcePath, targetPath }) => {
    const value = readCardPath(migrated, sourcePath)
    // What is empty, zero or false counts as not answered.
    const moved = kind === 'move' && targetPath && value ? writeCardPath(migrated, targetPath, value) : migrated
    return writeCardPath(moved, sourcePath, undefined)
  }, metadata)
}

function requirePlanRight(principal: Principal, schemaMigrationName: string): void {
  requireTokenAction(principal, 'schema:write', { schemaMigrationName })
}

function findPlan(state: SandboxState, schemaMigrationId: string): SchemaMigration {
  const plan = state.schemaMigrations.get(schemaMigrationId)
  if (plan === undefined) throw notFound('Cannot find specified schema migration plan.', { schemaMigrationId })
  return plan
}
