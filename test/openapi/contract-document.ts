import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { parse } from 'yaml'

export const projectRoot = join(import.meta.dirname, '..', '..')
export const contractPath = join(projectRoot, 'openapi', 'bailo-v2.yaml')

export type Json = null | boolean | number | string | Json[] | JsonObject
export interface JsonObject {
  [name: string]: Json | undefined
}

export interface Operation {
  /** Lower case. */
  readonly method: string
  /** The template, such as `/api/v2/model/{modelId}`. */
  readonly path: string
  /** Where it is in the document, as a JSON pointer. */
  readonly pointer: string
  readonly details: JsonObject
}

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace']

export function readContract(): JsonObject {
  return parse(readFileSync(contractPath, 'utf8')) as JsonObject
}

/** All operations of an OpenAPI document, in its order. */
export function listOperations(document: JsonObject): Operation[] {
  return Object.entries(document.paths as Record<string, JsonObject>).flatMap(([path, item]) =>
    Object.entries(item)
      .filter(([method]) => METHODS.includes(method))
      .map(([method, details]) => ({
        method,
        path,
        pointer: toPointer(['paths', path, method]),
        details: details as JsonObject,
      })),
  )
}

/** Follows `$ref` until there is none; the pointer tells where the object was found. */
export function resolve(document: JsonObject, value: Json | undefined, pointer = ''): Located {
  const object = value as JsonObject
  if (typeof object.$ref !== 'string') return { value: object, pointer }
  const target = object.$ref.replace(/^#/, '')
  return resolve(document, lookUp(document, target), target)
}

export interface Located {
  readonly value: JsonObject
  readonly pointer: string
}

/** @throws Error when the pointer leads nowhere */
export function lookUp(document: JsonObject, pointer: string): Json {
  let current: Json | undefined = document
  for (const token of pointer.split('/').slice(1)) {
    current = (current as JsonObject | undefined)?.[token.replaceAll('~1', '/').replaceAll('~0', '~')]
  }
  if (current === undefined) throw new Error(`nothing at #${pointer}`)
  return current
}

/** RFC 6901. */
export function toPointer(tokens: readonly string[]): string {
  return tokens.map((token) => `/${token.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

/** Compiles the schemas of a document by their JSON pointer; `$ref` works from any of them. */
export function createCompiler(document: JsonObject): (pointer: string) => ValidateFunction {
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  addFormats.default(ajv)
  ajv.addSchema({ ...document, $id: 'contract' })
  return (pointer) => {
    void ajv.validateSchema(lookUp(document, pointer) as JsonObject, true)
    return ajv.compile({ $ref: `contract#${encodeURI(pointer)}` })
  }
}
