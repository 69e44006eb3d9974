import type { components } from '../../../openapi/bailo-v2.js'
import { describeStored } from './describe.js'
import { badRequest } from './errors.js'
import { newObjectId } from './ids.js'
import type { Entry, ReviewRole, SandboxState, Schema } from './state.js'

/** What a new instance has, and what the default schemas name (from Bailo's source). */
const DEFAULTS = [
  { shortName: 'msro', name: 'Model Senior Responsible Officer' },
  { shortName: 'mtr', name: 'Model Technical Reviewer' },
]

/** Adds the default review roles that are not there; the server does so whenever it starts (from Bailo's source). */
export function addDefaultReviewRoles(state: SandboxState): void {
  for (const { shortName, name } of DEFAULTS) {
    if (state.reviewRoles.has(shortName)) continue
    addReviewRole(state, { shortName, name, kind: 'review', description: 'Reviewer', systemRole: 'owner' })
  }
}

/** Adds a review role and returns it. @throws BailoError 400 when its name or its short name is taken */
export function addReviewRole(
  state: SandboxState,
  details: Pick<ReviewRole, 'shortName' | 'name' | 'kind'> & Partial<ReviewRole>,
): ReviewRole {
  const { shortName, name } = details
  refuseTakenName(state, name)
  if (state.reviewRoles.has(shortName)) throw notUnique({ shortName })
  const role: ReviewRole = { ...state.newDocument(), defaultEntities: [], lockEntities: false, ...details }
  state.reviewRoles.set(shortName, role)
  return role
}

/** @throws BailoError 400 */
export function refuseTakenName(state: SandboxState, name: string, owner?: ReviewRole): void {
  const isTaken = [...state.reviewRoles.values()].some((role) => role !== owner && role.name === name)
  if (isTaken) throw notUnique({ name })
}

/** Returns the roles that schemas ask for reviews, in order of creation; a role that does not exist is left out. */
export function findRolesOfSchemas(state: SandboxState, schemaIds: readonly string[]): ReviewRole[] {
  const wanted = new Set(schemaIds.flatMap((id) => state.schemas.get(id)?.reviewRoles ?? []))
  return [...state.reviewRoles.values()].filter(({ shortName }) => wanted.has(shortName))
}

/** Gives the roles that review what follows a schema to those who hold them by default, on one model. */
export function giveDefaultRoles(state: SandboxState, { model }: Entry, schema: Schema): void {
  for (const { shortName, defaultEntities } of findRolesOfSchemas(state, [schema.id])) {
    for (const entity of defaultEntities) {
      const present = model.collaborators.find((one) => one.entity === entity)
      if (present === undefined) model.collaborators.push({ entity, roles: [shortName], _id: newObjectId() })
      else if (!present.roles.includes(shortName)) present.roles.push(shortName)
    }
  }
}

/** Takes a review role away from the schemas, and from the people on the models whose cards follow them. */
export function removeReviewRole(state: SandboxState, { shortName }: ReviewRole): void {
  const schemas = [...state.schemas.values()].filter(({ reviewRoles }) => reviewRoles.includes(shortName))
  for (const schema of schemas) {
    schema.reviewRoles = schema.reviewRoles.filter((role) => role !== shortName)
    state.touch(schema)
  }
  const schemaIds = schemas.map(({ id }) => id)
  for (const { model, cards } of state.entries.values()) {
    const { schemaId } = cards.at(-1) ?? {}
    if (schemaId === undefined || !schemaIds.includes(schemaId)) continue
    model.collaborators = model.collaborators
      .map((one) => ({ ...one, roles: one.roles.filter((role) => role !== shortName) }))
      .filter(({ roles }) => roles.length > 0)
  }
  state.reviewRoles.delete(shortName)
}

export function describeReviewRole(role: ReviewRole): components['schemas']['ReviewRole'] {
  const { name, shortName, kind, description, defaultEntities, lockEntities, systemRole } = role
  const optional = {
    ...(description !== undefined && { description }),
    ...(systemRole !== undefined && { systemRole }),
  }
  return { name, shortName, kind, ...optional, defaultEntities, lockEntities, ...describeStored(role) }
}

/** The wording is that of the server for whatever its database refuses as a duplicate (from Bailo's source). */
function notUnique(keys: object): Error {
  return badRequest(`The following is not unique: ${JSON.stringify(keys)}`)
}
