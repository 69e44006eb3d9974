import { isRecord } from '../../http/errors.js'
import { showServerText } from '../../http/server-text.js'
import { SpecificationDocument } from './document.js'
import { readOperations, type Operation } from './operations.js'
import { SpecificationError } from './specification-error.js'

/** A document with its operations, of which there is at least one. */
export interface LoadedDocument {
  readonly document: SpecificationDocument
  readonly operations: readonly Operation[]
}

/** YAML takes about 2 s per MiB to read, JSON a hundredth of that. */
const MAX_YAML_BYTES = 4 * 1024 * 1024

/**
 * Reads an OpenAPI document of version 3 from JSON or YAML.
 *
 * @param label the file or URL that the text came from
 * @throws SpecificationError when it is none, or has no operation
 */
export async function parseSpecification(text: string, label: string): Promise<LoadedDocument> {
  const root = await parseText(text.replace(/^\uFEFF/, ''), label)
  if (!isRecord(root)) throw new SpecificationError(label, 'it is not an OpenAPI document')
  if (root['swagger'] !== undefined) {
    throw new SpecificationError(label, `it is Swagger ${showValue(root['swagger'])}, not OpenAPI 3`, [
      'convert it to OpenAPI 3 first, for instance with the converter of the Swagger Editor',
    ])
  }
  if (typeof root['openapi'] !== 'string' || !/^3\.[01](\.|$)/.test(root['openapi'])) {
    const found =
      root['openapi'] === undefined ? 'it has no "openapi"' : `its "openapi" is ${showValue(root['openapi'])}`
    throw new SpecificationError(label, `${found}, where 3.0 and 3.1 can be read`)
  }
  const document = new SpecificationDocument(label, root)
  const operations = readOperations(document)
  if (operations.length === 0) {
    const outside =
      document.unresolved.length > 0 ? `, for ${showValue(document.unresolved[0])} leads nowhere in it` : ''
    throw new SpecificationError(label, `it has no paths with operations${outside}`, [
      'check that this is the whole specification, in one file',
    ])
  }
  return { document, operations }
}

async function parseText(text: string, label: string): Promise<unknown> {
  if (/^\s*</.test(text)) {
    throw new SpecificationError(label, 'it is HTML, not JSON or YAML', [
      'check the address: a login page or a web interface answers like this',
    ])
  }
  try {
    if (/^\s*[[{]/.test(text)) return JSON.parse(text)
  } catch (error) {
    // What begins with a brace may still be YAML in its flow style, unless it is too large to find out.
    if (text.length > MAX_YAML_BYTES) throw new SpecificationError(label, `it is not valid JSON (${reasonOf(error)})`)
  }
  if (text.length > MAX_YAML_BYTES) {
    throw new SpecificationError(
      label,
      `YAML of more than ${MAX_YAML_BYTES / 1024 / 1024} MiB takes too long to read`,
      ['convert it to JSON'],
    )
  }
  const { parse } = await import('yaml')
  try {
    return parse(text, { logLevel: 'error' }) as unknown
  } catch (error) {
    throw new SpecificationError(label, `it is neither valid JSON nor YAML (${reasonOf(error)})`)
  }
}

function showValue(value: unknown): string {
  return showServerText(JSON.stringify(value) ?? 'undefined')
}

function reasonOf(error: unknown): string {
  return showServerText(error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error))
}
