import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot, type Json } from '../openapi/contract-document.js'

/** One exchange that was captured between a client and a running Bailo, as it stands in the file. */
export interface Sample {
  /** Not unique: each start of a blob upload has the same one. */
  readonly name: string
  readonly request: SampleRequest
  readonly status: number
  /** A selection of the headers; those named in {@link CAPTURED_HEADERS}. */
  readonly headers: Readonly<Record<string, string>>
  readonly response: Json
}

export interface SampleRequest {
  readonly method: string
  readonly path: string
  /** How the caller identified itself; the credentials were not captured. */
  readonly auth?: 'Basic' | 'Bearer'
  readonly headers: Readonly<Record<string, string>>
  /** An object, or the beginning of its text when that is long. */
  readonly json?: Json
  /** One character for each byte, or the beginning of them. */
  readonly data?: string
}

/** The headers that the capture kept of every answer: one that a sample lacks was not there. */
export const CAPTURED_HEADERS = [
  'content-type',
  'content-disposition',
  'docker-content-digest',
  'docker-distribution-api-version',
  'docker-upload-uuid',
  'location',
  'range',
  'www-authenticate',
]

/** Returns the captured exchanges in the order in which they happened. */
export function readSamples(): Sample[] {
  return readFileSync(join(projectRoot, '..', 'shared', 'facts', 'samples.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Sample)
}
