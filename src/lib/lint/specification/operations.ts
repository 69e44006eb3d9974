import { isRecord } from '../../http/errors.js'
import { step, type JsonObject, type Located, type SpecificationDocument } from './document.js'
import type { SchemaPlace } from '../schema/shape.js'

export interface Parameter {
  readonly name: string
  /** `path`, `query`, `header` or `cookie`. */
  readonly place: string
  readonly isRequired: boolean
  /** True for a query parameter that is sent as `name[key]=value`. */
  readonly isDeepObject: boolean
  readonly schema: SchemaPlace
  readonly pointer: string
}

export interface Response {
  /** Such as `200`, `4XX` or `default`. */
  readonly status: string
  /** By media type, in lower case and without parameters. */
  readonly content: ReadonlyMap<string, SchemaPlace>
  readonly pointer: string
}

export interface Operation {
  readonly document: SpecificationDocument
  /** In upper case. */
  readonly method: string
  /** The template with the base path of the server. */
  readonly path: string
  /** The same for every server that the document names. */
  readonly paths: readonly string[]
  readonly pointer: string
  readonly details: JsonObject
  readonly tags: readonly string[]
  readonly isDeprecated: boolean
  readonly parameters: readonly Parameter[]
  /** Undefined when there is no request body at all. */
  readonly requestBody: { readonly isRequired: boolean; readonly content: Response['content'] } | undefined
  readonly responses: readonly Response[]
}

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace']

/** Reads all operations of a document, in its order. What is malformed in it is left out. */
export function readOperations(document: SpecificationDocument): Operation[] {
  const paths = document.root['paths']
  if (!isRecord(paths)) return []
  return Object.entries(paths).flatMap(([template, entry]) => {
    const item = template.startsWith('/') ? document.resolve(entry, step('/paths', template)) : undefined
    return item === undefined ? [] : readPathItem(document, template, item)
  })
}

function readPathItem(document: SpecificationDocument, template: string, item: Located): Operation[] {
  return METHODS.flatMap((method) => {
    const details = item.value[method]
    if (!isRecord(details)) return []
    const pointer = step(item.pointer, method)
    const servers = [details, item.value, document.root].map((level) => level['servers']).find(Array.isArray)
    const paths = basePathsOf(servers).map((base) => base + template)
    return [
      {
        document,
        method: method.toUpperCase(),
        path: paths[0] ?? template,
        paths,
        pointer,
        details,
        tags: readTags(details['tags']),
        isDeprecated: details['deprecated'] === true,
        parameters: readParameters(document, item, { value: details, pointer }),
        requestBody: readRequestBody(document, { value: details, pointer }),
        responses: readResponses(document, { value: details, pointer }),
      },
    ]
  })
}

/** Paths of the servers' URLs, which come before every template; each once. */
function basePathsOf(servers: readonly unknown[] | undefined): string[] {
  const urls = (servers ?? []).filter(isRecord).map((server) => {
    const variables = isRecord(server['variables']) ? server['variables'] : {}
    return textOf(server['url'], '/').replace(/\{([^{}]*)\}/g, (_whole, name: string) => {
      const variable = variables[name]
      return isRecord(variable) ? textOf(variable['default'], '') : ''
    })
  })
  // Not by a URL parser: a host may be a variable without a value.
  const bases = urls.map((url) => {
    const path = url.replace(/^[a-z][\w+.-]*:\/\/[^/?#]*/i, '').replace(/[?#].*$/s, '')
    return path.replace(/^(?=[^/])/, '/').replace(/\/+$/, '')
  })
  return bases.length === 0 ? [''] : [...new Set(bases)]
}

function textOf(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise
}

function readTags(tags: unknown): string[] {
  return Array.isArray(tags) ? tags.filter((tag) => typeof tag === 'string') : []
}

/** Those of the operation and those of its path; the operation's own win (OpenAPI, "Path Item Object"). */
function readParameters(document: SpecificationDocument, item: Located, operation: Located): Parameter[] {
  const found = new Map<string, Parameter>()
  for (const { value, pointer } of [item, operation]) {
    const list: readonly unknown[] = Array.isArray(value['parameters']) ? value['parameters'] : []
    for (const [index, entry] of list.entries()) {
      const at = document.resolve(entry, step(step(pointer, 'parameters'), index))
      const { name, in: place, required, style } = at?.value ?? {}
      if (at === undefined || typeof name !== 'string' || typeof place !== 'string') continue
      found.set(`${place} ${name}`, {
        name,
        place,
        isRequired: required === true,
        isDeepObject: style === 'deepObject',
        schema: { document, value: at.value['schema'], pointer: step(at.pointer, 'schema') },
        pointer: at.pointer,
      })
    }
  }
  return [...found.values()]
}

function readRequestBody(document: SpecificationDocument, operation: Located): Operation['requestBody'] {
  const at = document.resolve(operation.value['requestBody'], step(operation.pointer, 'requestBody'))
  return at && { isRequired: at.value['required'] === true, content: readContent(document, at) }
}

function readResponses(document: SpecificationDocument, operation: Located): Response[] {
  const responses = operation.value['responses']
  if (!isRecord(responses)) return []
  return Object.entries(responses).flatMap(([status, entry]) => {
    const at = document.resolve(entry, step(step(operation.pointer, 'responses'), status))
    return at === undefined ? [] : [{ status, content: readContent(document, at), pointer: at.pointer }]
  })
}

function readContent(document: SpecificationDocument, { value, pointer }: Located): Response['content'] {
  const content = isRecord(value['content']) ? value['content'] : {}
  return new Map(
    Object.entries(content).map(([type, entry]) => [
      type.toLowerCase().replace(/;.*/s, '').trim(),
      {
        document,
        value: isRecord(entry) ? entry['schema'] : undefined,
        pointer: step(step(step(pointer, 'content'), type), 'schema'),
      },
    ]),
  )
}

/** The schema of JSON in a body; undefined when there is none. */
export function jsonSchemaOf(content: Response['content']): SchemaPlace | undefined {
  for (const [type, schema] of content) if (isJson(type)) return schema
  return undefined
}

/** RFC 6839 for the suffix; some specifications say `*` followed by `/*` for what is JSON. */
function isJson(mediaType: string): boolean {
  return mediaType === 'application/json' || mediaType.endsWith('+json')
}

/** The answers that say all went well, by their status. */
export function successesOf(operation: Operation): Response[] {
  return operation.responses.filter(({ status }) => /^2(\d\d|xx)$/i.test(status))
}
