import { parser } from '@lezer/python'
import type { SourceLocation, UnreadablePlace } from '../../client-call.js'
import type { ClientUse } from '../../client-call.js'
import { CollectedCalls } from './collected-calls.js'
import { Interpreter } from './interpreter.js'
import { ANYTHING_SENT } from './names.js'
import { Positions } from '../positions.js'
import { survey } from './syntax.js'

/** How many places that cannot be read are told one by one. */
const MAX_UNREADABLE = 50

/**
 * Finds the requests that a Python client makes with `self.agent`. It is parsed and gone through along every path, but
 * never run.
 *
 * @param path as the file is to be called
 */
export function readPythonClient(path: string, text: string): ClientUse {
  const tree = parser.parse(text)
  const { requests, errors } = survey(tree, text)
  const calls = new CollectedCalls()
  const interpreter = new Interpreter(text, calls)
  interpreter.run(tree.topNode)
  const positions = new Positions(text)
  const locate = (offset: number, qualifiedName: string): SourceLocation => ({
    file: path,
    ...positions.at(offset),
    function: qualifiedName,
  })
  for (const { at, method } of requests) {
    if (interpreter.reached.has(at)) continue
    const request = { method, path: undefined, reason: 'the code around it is too involved to follow' }
    const where = { at, root: undefined, qualifiedName: '', site: at, chain: [], isGuess: false }
    calls.add({ ...request, ...where, query: ANYTHING_SENT, body: ANYTHING_SENT })
  }
  return { calls: calls.list(locate), unreadable: describeErrors(errors, locate) }
}

/** One for each line. */
function describeErrors(
  errors: readonly number[],
  locate: (offset: number, qualifiedName: string) => SourceLocation,
): UnreadablePlace[] {
  const byLine = new Map<number, SourceLocation>()
  for (const offset of errors) {
    const location = locate(offset, '')
    if (!byLine.has(location.line)) byLine.set(location.line, location)
  }
  const places = [...byLine.values()].map((location) => ({
    location,
    message: 'this is not Python that can be parsed',
  }))
  const [next] = places.slice(MAX_UNREADABLE)
  if (next === undefined) return places
  const message = `so are ${places.length - MAX_UNREADABLE} further lines from here on`
  return [...places.slice(0, MAX_UNREADABLE), { ...next, message }]
}
