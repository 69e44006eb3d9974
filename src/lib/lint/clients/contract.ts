import type { ClientCall, ClientUse, NamesSent } from '../client-call.js'
import { isObject, type JsonObject } from './json.js'
import { CONTRACT_FILE } from './shipped-contract.js'

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace']

/**
 * Returns every operation of an OpenAPI document as a call of a client that relies on it.
 *
 * @param text the YAML of the document, for the lines; without it every operation is placed on line 1
 */
export function readContractClient(document: JsonObject, text = ''): ClientUse {
  const lines = findOperationLines(text)
  const calls = Object.entries(asObject(document.paths)).flatMap(([path, item]) =>
    METHODS.filter((method) => isObject(asObject(item)[method])).map((method) =>
      readOperation(document, path, method, lines.get(`${method} ${path}`) ?? 1),
    ),
  )
  return { calls, unreadable: [] }
}

function readOperation(document: JsonObject, path: string, method: string, line: number): ClientCall {
  const item = asObject(asObject(document.paths)[path])
  const operation = asObject(item[method])
  return {
    method: method.toUpperCase(),
    path,
    query: { names: listQueryNames(document, item, operation), isComplete: true },
    body: listBodyNames(document, operation),
    location: { file: CONTRACT_FILE, line, column: line === 1 ? 1 : 5, function: asText(operation.operationId) },
    ...(operation['x-undocumented'] === true && { isUndocumented: true }),
  }
}

/** Parameters of an operation come on top of those of its path. */
function listQueryNames(document: JsonObject, item: JsonObject, operation: JsonObject): string[] {
  const parameters = [item.parameters, operation.parameters].flatMap((some): unknown[] =>
    Array.isArray(some) ? some : [],
  )
  const names = parameters
    .map((parameter) => resolve(document, parameter))
    .filter((parameter) => parameter.in === 'query')
    .map(({ name }) => asText(name))
  return [...new Set(names)]
}

function listBodyNames(document: JsonObject, operation: JsonObject): NamesSent | undefined {
  const content = asObject(resolve(document, operation.requestBody).content)
  const json = content['application/json']
  if (json === undefined) return undefined
  const found = { names: new Set<string>(), isComplete: true }
  collectProperties(document, asObject(json).schema, found, new Set())
  return { names: [...found.names], isComplete: found.isComplete }
}

/** Collects the properties of a schema, also of those that it is composed of. */
function collectProperties(
  document: JsonObject,
  reference: unknown,
  found: { names: Set<string>; isComplete: boolean },
  visited: Set<unknown>,
): void {
  const schema = resolve(document, reference)
  if (visited.has(schema)) return
  visited.add(schema)
  for (const name of Object.keys(asObject(schema.properties))) found.names.add(name)
  if (schema.additionalProperties !== undefined && schema.additionalProperties !== false) found.isComplete = false
  for (const parts of [schema.allOf, schema.anyOf, schema.oneOf]) {
    if (Array.isArray(parts)) for (const part of parts) collectProperties(document, part, found, visited)
  }
}

/** Follows local references; an empty object for what leads nowhere or in a circle. */
function resolve(document: JsonObject, value: unknown): JsonObject {
  let found = value
  for (let hops = 0; hops < 20; hops++) {
    if (!isObject(found)) return {}
    if (typeof found.$ref !== 'string') return found
    const keys = found.$ref.replace(/^#\//, '').split('/')
    found = keys.reduce<unknown>(
      (inner, key) => asObject(inner)[key.replaceAll('~1', '/').replaceAll('~0', '~')],
      document,
    )
  }
  return {}
}

/**
 * Returns the lines of operations by `method path`. The contract is laid out by a formatter: paths are indented by two
 * spaces, their methods by four. That costs 1 ms; a parser that knows lines costs 200.
 */
function findOperationLines(text: string): Map<string, number> {
  const found = new Map<string, number>()
  let path = ''
  for (const [index, line] of text.split('\n').entries()) {
    const [, indentation, key] = /^( {2}| {4})([^ ].*):\s*$/.exec(line) ?? []
    if (key === undefined) continue
    if (indentation?.length === 2) path = key
    else found.set(`${key} ${path}`, index + 1)
  }
  return found
}

function asObject(value: unknown): JsonObject {
  return isObject(value) ? value : {}
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
