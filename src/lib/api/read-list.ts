import type { paths } from '../../../openapi/bailo-v2.js'
import type { Operation } from '../http/errors.js'
import { ListSplitter } from '../http/list-splitter.js'
import { MAX_JSON_ANSWER_BYTES, tooLong } from '../http/read-json-text.js'
import type { Shape } from './answers.js'
import { parseJson, requireJson, unreadable } from './client.js'
import type { Instance } from './instance.js'
import { fillPath } from './paths.js'

/** A list of a model's things: Bailo has no pages, so that it is as long as there are things. */
export interface ModelList<T> {
  readonly path: keyof paths
  /** The property of the answer that has the list. */
  readonly name: string
  readonly element: Shape<T>
  readonly query?: Readonly<Record<string, string | undefined>>
}

/**
 * Reads such a list as it arrives, so that no more is in memory than what is taken of each element. It therefore goes past
 * the JSON client, which reads answers as a whole.
 *
 * @param take called for each element in order; when the request is repeated, from the first one on again
 * @throws ResponseError and ConnectionError; UnexpectedAnswerError when the answer or an element does not fit the contract
 */
export async function readList<T, R>(
  instance: Instance,
  modelId: string,
  { path, name, element, query }: ModelList<T>,
  take: (entry: T) => R,
): Promise<R[]> {
  const operation: Operation = { method: 'GET', path }
  const { connection } = instance
  const request = {
    url: fillPath(path, { modelId }, query),
    headers: connection.authorization(),
    isRepeatable: true,
  }
  return connection.send(operation, request, async (answer) => {
    await requireJson(operation, answer)
    const taken: R[] = []
    const splitter = new ListSplitter(name, (text) => {
      const entry = parseJson(operation, text)
      taken.push(take(element.check(operation, entry, `/${name}/${taken.length}`)))
    })
    let sizeBytes = 0
    for await (const chunk of answer.body as AsyncIterable<Uint8Array>) {
      sizeBytes += chunk.length
      if (sizeBytes > MAX_JSON_ANSWER_BYTES) throw tooLong(operation, MAX_JSON_ANSWER_BYTES)
      splitter.push(chunk)
    }
    requireList(operation, splitter.end(), name)
    return taken
  })
}

function requireList(operation: Operation, text: string, name: string): void {
  if (text === '') throw unreadable(operation, 'an empty answer with status 200.')
  const document = parseJson(operation, text) as Readonly<Record<string, unknown>> | null
  const value =
    typeof document === 'object' && document !== null && !Array.isArray(document) ? document[name] : undefined
  if (Array.isArray(value)) return
  const what = value === undefined ? `the document must have required property '${name}'` : `/${name} must be array`
  throw unreadable(operation, `the answer does not fit the contract of Bailo's API: ${what}.`)
}
