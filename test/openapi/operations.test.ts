import { expect, test } from 'vitest'
import {
  listOperations,
  readContract,
  resolve,
  type Json,
  type JsonObject,
  type Operation,
} from './contract-document.js'
import { readLiveSpecification, whyNoFacts } from './facts.js'

const contract = readContract()
const operations = listOperations(contract)

const DOCUMENTED = toList(`
  GET /api/v2/access-requests/search
  GET /api/v2/config/ui
  GET /api/v2/entities/me
  GET /api/v2/entity/{dn}/lookup
  GET /api/v2/filescanning/info
  PUT /api/v2/filescanning/model/{modelId}/file/{fileId}/scan
  PUT /api/v2/filescanning/model/{modelId}/image/{name}/{tag}/scan
  POST /api/v2/model/import/s3
  DELETE /api/v2/model/{modelId}
  GET /api/v2/model/{modelId}
  PATCH /api/v2/model/{modelId}
  DELETE /api/v2/model/{modelId}/access-request/{accessRequestId}
  GET /api/v2/model/{modelId}/access-request/{accessRequestId}
  PATCH /api/v2/model/{modelId}/access-request/{accessRequestId}
  POST /api/v2/model/{modelId}/access-request/{accessRequestId}/comment
  GET /api/v2/model/{modelId}/access-request/{accessRequestId}/permissions/mine
  POST /api/v2/model/{modelId}/access-request/{accessRequestId}/review
  GET /api/v2/model/{modelId}/access-requests
  POST /api/v2/model/{modelId}/access-requests
  POST /api/v2/model/{modelId}/export/s3
  DELETE /api/v2/model/{modelId}/file/{fileId}
  PATCH /api/v2/model/{modelId}/file/{fileId}
  GET /api/v2/model/{modelId}/file/{fileId}/download
  GET /api/v2/model/{modelId}/files
  POST /api/v2/model/{modelId}/files/upload/multipart/finish
  POST /api/v2/model/{modelId}/files/upload/multipart/part
  POST /api/v2/model/{modelId}/files/upload/multipart/start
  POST /api/v2/model/{modelId}/files/upload/simple
  DELETE /api/v2/model/{modelId}/image/{name}/{tag}
  GET /api/v2/model/{modelId}/image/{name}/{tag}
  GET /api/v2/model/{modelId}/images
  POST /api/v2/model/{modelId}/import-model-card-text
  POST /api/v2/model/{modelId}/migrate-schema/{migrationId}
  GET /api/v2/model/{modelId}/model-card-revisions
  GET /api/v2/model/{modelId}/model-card/{version}
  GET /api/v2/model/{modelId}/model-card/{version}/html
  PUT /api/v2/model/{modelId}/model-cards
  GET /api/v2/model/{modelId}/permissions/mine
  DELETE /api/v2/model/{modelId}/release/{semver}
  GET /api/v2/model/{modelId}/release/{semver}
  PUT /api/v2/model/{modelId}/release/{semver}
  POST /api/v2/model/{modelId}/release/{semver}/comment
  GET /api/v2/model/{modelId}/release/{semver}/file/{fileName}/download
  POST /api/v2/model/{modelId}/release/{semver}/review
  GET /api/v2/model/{modelId}/releases
  POST /api/v2/model/{modelId}/releases
  POST /api/v2/model/{modelId}/setup/from-schema
  POST /api/v2/model/{modelId}/setup/from-template
  GET /api/v2/model/{modelId}/transfers
  DELETE /api/v2/model/{modelId}/webhook/{webhookId}
  PUT /api/v2/model/{modelId}/webhook/{webhookId}
  GET /api/v2/model/{modelId}/webhooks
  POST /api/v2/model/{modelId}/webhooks
  POST /api/v2/models
  GET /api/v2/models/search
  GET /api/v2/models/tags
  PATCH /api/v2/response/{responseId}
  PATCH /api/v2/response/{responseId}/reaction/{kind}
  GET /api/v2/responses
  POST /api/v2/review/role
  DELETE /api/v2/review/role/{reviewRoleId}
  PUT /api/v2/review/role/{shortName}
  GET /api/v2/review/roles
  GET /api/v2/reviews
  GET /api/v2/roles
  POST /api/v2/schema-migration
  GET /api/v2/schema-migration/{schemaMigrationId}
  PUT /api/v2/schema-migration/{schemaMigrationId}
  GET /api/v2/schema-migrations
  DELETE /api/v2/schema/{schemaId}
  GET /api/v2/schema/{schemaId}
  PATCH /api/v2/schema/{schemaId}
  GET /api/v2/schemas
  POST /api/v2/schemas
  GET /api/v2/system/peers
  GET /api/v2/system/status
  GET /api/v2/transfer/{exportId}
  DELETE /api/v2/user/token/{accessKey}
  GET /api/v2/user/tokens
  POST /api/v2/user/tokens
  GET /api/v2/user/tokens/list
`)

/** The specification of v3, of which the server says that it is a beta. */
const BETA = toList(`
  GET /api/v3/entities/me
  GET /api/v3/metrics/breakdown
  GET /api/v3/metrics/compliance/lifecycle
  GET /api/v3/metrics/compliance/no-releases
  GET /api/v3/metrics/compliance/roles
  GET /api/v3/metrics/compliance/unapproved
  GET /api/v3/metrics/entryVolume
  GET /api/v3/metrics/usage
  GET /api/v3/model/{modelId}/image/{name}/{tag}/{digest}
  POST /api/v3/review/{modelId}
  POST /api/v3/review/{reviewId}/notify
  POST /api/v3/review/{reviewId}/response
  GET /api/v3/review/{reviewId}/responses/latest
`)

/** Served, but absent from the specifications that an instance serves. */
const FURTHER = toList(`
  GET /api/v1/registry_auth
  GET /api/v2/api-docs/swagger.json
  HEAD /api/v2/reviews
  GET /api/v2/specification
  GET /api/v2/token/model/{modelId}/file/{fileId}/download
  GET /api/v2/token/model/{modelId}/release/{semver}/file/{fileName}/download
  GET /api/v3/api-docs/swagger.json
`)

function toList(text: string): string[] {
  return text.trim().split(/\s*\n\s*/)
}

function nameOf({ method, path }: Operation): string {
  return `${method.toUpperCase()} ${path}`
}

test('the contract has the 81 operations of v2, the 13 of v3 and those that this tool needs besides', () => {
  expect(DOCUMENTED).toHaveLength(81)
  expect(BETA).toHaveLength(13)
  expect(operations.map(nameOf).sort()).toEqual([...DOCUMENTED, ...BETA, ...FURTHER].sort())
})

test('an operation that the live specification lacks says so', () => {
  const marked = operations.filter((operation) => operation.details['x-undocumented'] === true).map(nameOf)
  expect(marked.sort()).toEqual(FURTHER.sort())
})

/** What a client has to know to call an operation, in a form in which two documents can be compared. */
function describeRequest(document: JsonObject, { path, details }: Operation): JsonObject {
  const parameters = ((details.parameters ?? []) as Json[]).map((parameter) => resolve(document, parameter).value)
  const query = parameters.filter((parameter) => parameter.in === 'query')
  return {
    path: [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] as string),
    query: query.map((parameter) => `${parameter.name as string}${parameter.required === true ? '' : '?'}`).sort(),
    queryTypes: Object.fromEntries(
      query.map((parameter) => [parameter.name as string, describeType(document, parameter.schema)]),
    ),
    body: describeType(document, jsonSchemaOf(details)),
  }
}

function jsonSchemaOf(details: JsonObject): Json | undefined {
  const { content } = (details.requestBody ?? {}) as { content?: Record<string, JsonObject> }
  return content?.['application/json']?.schema
}

function describeType(document: JsonObject, schema: Json | undefined): Json {
  if (schema === undefined) return 'anything'
  const { value } = resolve(document, schema)
  if (Array.isArray(value.oneOf)) return { oneOf: value.oneOf.map((choice) => describeType(document, choice)) }
  if (Array.isArray(value.allOf)) {
    const parts = value.allOf.map((part) => describeType(document, part)).filter((part) => part !== 'object')
    const hasUnion = parts.some((part) => Object.hasOwn(part as object, 'oneOf'))
    return hasUnion ? { allOf: parts } : (Object.assign({}, ...(parts as object[])) as JsonObject)
  }
  if (value.const !== undefined) return { enum: [value.const] }
  if (Array.isArray(value.enum)) return { enum: [...new Set(value.enum)].sort() }
  if (value.type === 'array') return { items: describeType(document, value.items), minItems: value.minItems ?? 0 }
  if (value.type === 'object') return describeFields(document, value)
  if (value.type === undefined) return 'anything'
  // OpenAPI 3.0 writes an exclusive minimum as a flag beside the minimum.
  const exclusiveMinimum = value.exclusiveMinimum === true ? value.minimum : value.exclusiveMinimum
  return { type: value.type, minLength: value.minLength ?? 0, exclusiveMinimum: exclusiveMinimum ?? null }
}

function describeFields(
  document: JsonObject,
  { properties = {}, required = [], additionalProperties }: JsonObject,
): Json {
  const fields = Object.entries(properties as Record<string, JsonObject>).filter(([, field]) => field.readOnly !== true)
  if (fields.length === 0) return 'object'
  return Object.fromEntries([
    ...fields.map(([name, field]) => [
      `${name}${(required as Json[]).includes(name) ? '' : '?'}`,
      describeType(document, field),
    ]),
    ...(additionalProperties === false ? [['no others', true]] : []),
  ]) as JsonObject
}

/** Where the live specification is known to be wrong or too vague. */
const DELIBERATE: Readonly<Record<string, JsonObject>> = {
  'PUT /api/v2/model/{modelId}/model-cards': { body: { 'metadata?': 'object' } },
}

test.for(['v2', 'v3'] as const)(
  'every request of %s is described as the live specification has it',
  (version, { skip }) => {
    skip(whyNoFacts !== undefined, whyNoFacts)
    const live = readLiveSpecification(version)
    const ours = new Map(operations.map((operation) => [nameOf(operation), operation]))
    for (const theirs of listOperations(live)) {
      const own = ours.get(nameOf(theirs))
      expect(own, `${nameOf(theirs)} is missing`).toBeDefined()
      expect(describeRequest(contract, own as Operation), nameOf(theirs)).toEqual({
        ...describeRequest(live, theirs),
        ...DELIBERATE[nameOf(theirs)],
      })
      expect((own as Operation).details.tags, nameOf(theirs)).toEqual(theirs.details.tags)
    }
  },
)
