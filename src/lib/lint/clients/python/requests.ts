import type { NamesSent } from '../../client-call.js'
import { ANYTHING_SENT, namesOf, NOTHING_SENT, unite } from './names.js'
import type { Store } from './store.js'
import { type Hole, isHole, literalOf } from './text.js'
import { readUrl, type UrlReading } from './url.js'
import { meet, readingsOf, textsOf, type Value, type Ways } from './values.js'

/** The arguments of a call. */
export interface Arguments {
  readonly positional: readonly Value[]
  /** What further positional arguments there may be, after `*items`. */
  readonly rest: Hole | undefined
  readonly keywords: ReadonlyMap<string, Value>
  /** True when there may be further keywords, after `**options`. */
  readonly mayHaveMoreKeywords: boolean
}

/** Arguments without keywords. */
export function positionalOnly(positional: readonly Value[]): Arguments {
  return { positional, rest: undefined, keywords: new Map(), mayHaveMoreKeywords: false }
}

/** One request that a call makes. */
export interface Request {
  /** In upper case; `?` when it cannot be told. */
  readonly method: string
  readonly path: string | undefined
  readonly reason?: string
  /** What would have to be known to tell method and path. */
  readonly missing?: Hole
  readonly query: NamesSent
  readonly body: NamesSent | undefined
}

/** Positional arguments after the URL, as requests.Session and httpx.Client have them. */
const POSITIONAL: Readonly<Record<string, readonly string[]>> = {
  GET: ['params'],
  HEAD: ['params'],
  DELETE: ['params'],
  POST: ['data', 'json'],
  PUT: ['data'],
  PATCH: ['data'],
}

const WITHOUT_BODY = new Set(['GET', 'HEAD'])

/** A call of a method of the agent. */
export interface AgentCall {
  /** Undefined when the first argument says it. */
  readonly method: string | Hole | undefined
  /** The ways on which it is that method. */
  readonly ways: Ways
  readonly args: Arguments
  /** Said when there is no URL among the arguments. */
  readonly reasonWithoutUrl: string
}

/** Returns the requests that a call of the agent makes, one for each method and URL that it may have. */
export function readRequests({ method, ways, args: given, reasonWithoutUrl }: AgentCall, store: Store): Request[] {
  const methods = method === undefined ? methodsFrom(given) : [method]
  const args = method === undefined ? { ...given, positional: given.positional.slice(1) } : given
  const url = args.positional[0] ?? args.keywords.get('url')
  const urls =
    url === undefined
      ? [{ reading: explainNoUrl(args, reasonWithoutUrl), ways }]
      : readingsOf(url, () => 'url').map((one) => ({ reading: readUrl(one.text), ways: meet(ways, one.ways) }))
  return urls.flatMap(({ reading, ways: both }) => {
    if (both === undefined) return []
    return methods.map((one) => readRequest(one, reading, onWays(args, both), store))
  })
}

/** Returns the arguments as they may be on some ways. */
function onWays(args: Arguments, ways: Ways): Arguments {
  if (ways.size === 0) return args
  const filter = (value: Value): Value => value.filter((atom) => meet(ways, atom.ways) !== undefined)
  const keywords = new Map([...args.keywords].map(([name, value]) => [name, filter(value)]))
  return { ...args, positional: args.positional.map(filter), keywords }
}

function methodsFrom({ positional, keywords, rest }: Arguments): (string | Hole)[] {
  const value = positional[0] ?? keywords.get('method')
  if (value === undefined) return [rest ?? { name: 'method' }]
  return textsOf(value, () => 'method').map(
    (text) => literalOf(text)?.toUpperCase() ?? text.find(isHole) ?? { name: 'method' },
  )
}

function explainNoUrl({ rest }: Arguments, reason: string): UrlReading {
  if (rest === undefined) return { path: undefined, reason, query: NOTHING_SENT }
  return { path: undefined, reason: `the URL is in \`*${rest.name}\``, missing: rest, query: ANYTHING_SENT }
}

function readRequest(method: string | Hole, url: UrlReading, args: Arguments, store: Store): Request {
  const names = typeof method === 'string' ? method : ''
  const positions = ['url', ...(POSITIONAL[names] ?? [])]
  const find = (name: string): Value | undefined => args.keywords.get(name) ?? args.positional[positions.indexOf(name)]
  const query = unite([sentAs(find('params'), args, store) ?? NOTHING_SENT, url.query])
  const body = WITHOUT_BODY.has(names) ? undefined : readBody(find, args, store)
  if (isUnknown(method)) {
    return {
      method: '?',
      path: undefined,
      missing: method,
      reason: `the method is \`${method.name}\`, whose value is not known`,
      query,
      body,
    }
  }
  const { path, reason, missing } = url
  return { method, path, ...(reason !== undefined && { reason }), ...(missing && { missing }), query, body }
}

const isUnknown = (method: string | Hole): method is Hole => typeof method !== 'string'

/** Only JSON is read: what else may be sent has no names. */
function readBody(find: (name: string) => Value | undefined, args: Arguments, store: Store): NamesSent | undefined {
  const json = find('json')
  const raw = find('data') ?? find('content')
  const encoded = raw?.flatMap((atom) => (atom.kind === 'json' ? atom.value : [])) ?? []
  if (json === undefined && encoded.length > 0) return namesOfBody(encoded, store)
  if (json === undefined && raw !== undefined) return undefined
  return json === undefined ? sentAs(undefined, args, store) : namesOfBody(json, store)
}

/** An array has no names of its own, and what is no object at all is for others to judge. */
function namesOfBody(value: Value, store: Store): NamesSent | undefined {
  return namesOf(
    value.map((atom) =>
      atom.kind === 'list' || atom.kind === 'text' ? { kind: 'unknown', hole: { name: 'json' } } : atom,
    ),
    store,
  )
}

/** An argument that is not there may still be among the keywords that are not known. */
function sentAs(value: Value | undefined, args: Arguments, store: Store): NamesSent | undefined {
  if (value === undefined) return args.mayHaveMoreKeywords ? ANYTHING_SENT : undefined
  return namesOf(value, store)
}
