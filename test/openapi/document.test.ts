import { expect, test } from 'vitest'
import { createCompiler, listOperations, lookUp, readContract, resolve, toPointer } from './contract-document.js'
import type { Json, JsonObject, Operation } from './contract-document.js'

const contract = readContract()
const operations = listOperations(contract)

/** Calls back for every object in the document, with the way to it. */
function walk(value: Json | undefined, visit: (object: JsonObject, way: string[]) => void, way: string[] = []): void {
  if (typeof value !== 'object' || value === null) return
  if (!Array.isArray(value)) visit(value, way)
  for (const [name, entry] of Object.entries(value)) walk(entry, visit, [...way, name])
}

function parametersOf(operation: Operation): JsonObject[] {
  return ((operation.details.parameters ?? []) as Json[]).map((parameter) => resolve(contract, parameter).value)
}

function responsesOf(operation: Operation): Record<string, JsonObject> {
  const responses = operation.details.responses as JsonObject
  return Object.fromEntries(
    Object.entries(responses).map(([status, response]) => [status, resolve(contract, response).value]),
  )
}

test('the document is OpenAPI 3.1', () => {
  expect(contract.openapi).toBe('3.1.0')
  expect(contract.info).toMatchObject({ title: expect.any(String) as string, version: expect.any(String) as string })
})

test('every reference leads somewhere, and every component is used', () => {
  const used = new Set<string>()
  walk(contract, (object) => {
    if (typeof object.$ref !== 'string') return
    lookUp(contract, object.$ref.slice(1))
    used.add(object.$ref.slice(1))
  })
  const components = contract.components as Record<string, JsonObject>
  const referable = Object.keys(components).filter((kind) => kind !== 'securitySchemes')
  const unused = referable.flatMap((kind) =>
    Object.keys(components[kind] ?? {})
      .map((name) => toPointer(['components', kind, name]))
      .filter((pointer) => !used.has(pointer)),
  )
  expect(unused).toEqual([])
})

test('operation ids are unique and in camel case', () => {
  const ids = operations.map((operation) => operation.details.operationId as string)
  expect(new Set(ids).size).toBe(ids.length)
  expect(ids.filter((id) => !/^[a-z]+([A-Z0-9][a-z0-9]*)*$/.test(id))).toEqual([])
})

// Two templates that differ only in a parameter's name are allowed here, against the letter of OpenAPI, because Bailo's
// own specification has such a pair (the review role to change and the one to delete) and is compared with this one.
test('no request fits two operations with as many parameters', () => {
  const shapes = operations.map(({ method, path }) => `${method} ${path.replace(/\{\w+\}/g, '{}')}`)
  expect(new Set(shapes).size).toBe(shapes.length)
})

const named = operations.map((operation) => [`${operation.method.toUpperCase()} ${operation.path}`, operation] as const)

test.each(named)('%s is complete', (_name, operation) => {
  const { details, path } = operation
  expect(details.summary).toEqual(expect.any(String))

  const declaredTags = (contract.tags as JsonObject[]).map((tag) => tag.name)
  expect(declaredTags).toEqual(expect.arrayContaining(details.tags as Json[]))

  const parameters = parametersOf(operation)
  const names = parameters.map((parameter) => `${parameter.in as string} ${parameter.name as string}`)
  expect(new Set(names).size).toBe(names.length)
  const inPath = parameters.filter((parameter) => parameter.in === 'path')
  const inTemplate = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1])
  expect(inPath.map((parameter) => parameter.name).sort()).toEqual(inTemplate.sort())
  expect(inPath.every((parameter) => parameter.required === true)).toBe(true)

  const responses = responsesOf(operation)
  expect(Object.keys(responses).some((status) => status.startsWith('2'))).toBe(true)
  expect(Object.keys(responses)).toEqual(expect.arrayContaining(['401', '500', '502']))
  expect(Object.values(responses).every((response) => typeof response.description === 'string')).toBe(true)
})

test('every operation that reads a body can refuse it', () => {
  const silent = operations.filter(
    (operation) => operation.details.requestBody !== undefined && !('400' in responsesOf(operation)),
  )
  expect(silent.map((operation) => operation.details.operationId)).toEqual([])
})

test('every action that a token can need is one that a token can hold', () => {
  const needed = operations.map((operation) => operation.details['x-token-action']).filter((action) => action)
  const { enum: actions } = lookUp(contract, '/components/schemas/TokenAction') as JsonObject
  expect(needed.length).toBeGreaterThan(0)
  expect(actions).toEqual(expect.arrayContaining(needed as Json[]))
  const unguarded = operations.filter(
    (operation) => operation.details['x-token-action'] !== undefined && !('403' in responsesOf(operation)),
  )
  expect(unguarded.map((operation) => operation.details.operationId)).toEqual([])
})

test('every schema is a JSON schema that compiles', () => {
  const compile = createCompiler(contract)
  const pointers = Object.keys(lookUp(contract, '/components/schemas') as JsonObject).map((name) =>
    toPointer(['components', 'schemas', name]),
  )
  walk(contract, (object, way) => {
    if ('schema' in object && ['parameters', 'content', 'headers'].some((part) => way.includes(part))) {
      pointers.push(toPointer([...way, 'schema']))
    }
  })
  expect(pointers.length).toBeGreaterThan(200)
  for (const pointer of pointers) expect(() => compile(pointer), pointer).not.toThrow()
})

test('answers never forbid further fields, so that a newer server still fits', () => {
  const closed: string[] = []
  const visited = new Set<string>()
  const visit = (value: Json | undefined, pointer: string): void => {
    walk(value, (object, way) => {
      if (object.additionalProperties === false) closed.push(`${pointer}${toPointer(way)}`)
      if (typeof object.$ref !== 'string' || visited.has(object.$ref)) return
      visited.add(object.$ref)
      visit(lookUp(contract, object.$ref.slice(1)), object.$ref)
    })
  }
  for (const operation of operations) visit(operation.details.responses, operation.pointer)
  expect(closed).toEqual([])
})
