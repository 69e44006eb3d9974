import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot, type Json, type JsonObject } from './contract-document.js'

const folder = join(projectRoot, '..', 'shared', 'facts')

/** Why the checks against captured answers cannot run here, or undefined when they can. */
export const whyNoFacts = existsSync(folder)
  ? undefined
  : 'the captured answers of a running Bailo are not part of the project, and are not beside it here'

export interface Sample {
  readonly name: string
  readonly request: { readonly method: string; readonly path: string; readonly json?: Json }
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly response: Json
}

/** The exchanges with Bailo's API, without those with its registry and without the marks of shortened lists. */
export function readApiSamples(): Sample[] {
  return readFileSync(join(folder, 'samples.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => dropMarks(JSON.parse(line) as Json) as unknown as Sample)
    .filter((sample) => sample.request.path.startsWith('/api/'))
}

export function readLiveSpecification(version: 'v2' | 'v3'): JsonObject {
  return JSON.parse(readFileSync(join(folder, `bailo-${version}.openapi-facts.json`), 'utf8')) as JsonObject
}

function dropMarks(value: Json): Json {
  if (Array.isArray(value)) return value.filter((entry) => !isMark(entry)).map(dropMarks)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, dropMarks(entry as Json)]))
}

function isMark(value: Json): boolean {
  return typeof value === 'string' && /^\.\.\. \d+ more of the same shape$/.test(value)
}
