import type { ClientUse, SourceLocation, UnreadablePlace } from '../../client-call.js'
import { Positions } from '../positions.js'
import { CollectedCalls } from './collected-calls.js'
import { Interpreter } from './interpreter.js'
import { ANYTHING_SENT } from './names.js'
import { parsePython } from './parse.js'
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
  const { tree, unreadFrom } = parsePython(text)
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
  const unreadable = describeErrors(errors.map((offset) => locate(offset, '')))
  if (unreadFrom !== undefined) {
    unreadable.push({
      location: locate(unreadFrom, ''),
      message: 'what follows is not read: too much before it is no Python',
    })
  }
  return { calls: calls.list(locate), unreadable }
}

/** Returns one place for each line that has errors. */
function describeErrors(locations: readonly SourceLocation[]): UnreadablePlace[] {
  const lines = [...new Map(locations.toReversed().map((location) => [location.line, location])).values()].toReversed()
  const places = lines.map((location) => ({ location, message: 'this is not Python that can be parsed' }))
  const next = lines[MAX_UNREADABLE]
  if (next === undefined) return places
  const message = `neither this line nor ${lines.length - MAX_UNREADABLE - 1} further ones can be parsed`
  return [...places.slice(0, MAX_UNREADABLE), { location: next, message }]
}
