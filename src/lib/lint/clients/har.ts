import { UsageError } from '../../errors.js'
import type { ClientCall, ClientUse, NamesSent } from '../client-call.js'
import { isObject, type JsonObject } from './json.js'
import { Positions } from './positions.js'

const TRY_NEXT = ['Export the recording as HAR 1.2, for instance in the network panel of a browser']

/** Made by browsers and proxies for themselves, not by the client. */
const NOT_OF_CLIENT = new Set(['OPTIONS', 'CONNECT'])

/**
 * Returns the requests to `/api/` in recorded traffic (HAR 1.2, http://www.softwareishard.com/blog/har-12-spec/), each
 * once. Headers, cookies and values are secrets of the recorded user: nothing is kept of them, not even in errors.
 *
 * @throws UsageError when the text is no HAR
 */
export function readHarClient(path: string, text: string): ClientUse {
  const finder = new UrlFinder(text)
  const calls = new Map<string, ClientCall>()
  for (const [index, entry] of readEntries(path, text).entries()) {
    const { request } = isObject(entry) ? entry : {}
    if (!isObject(request) || typeof request.url !== 'string' || typeof request.method !== 'string') {
      throw new UsageError(
        `${path} is no HAR file: entry ${index + 1} has no request with a method and a URL`,
        TRY_NEXT,
      )
    }
    const place = finder.find(request.url)
    const url = URL.canParse(request.url) ? new URL(request.url) : undefined
    const method = request.method.toUpperCase()
    if (url?.pathname.startsWith('/api/') !== true || NOT_OF_CLIENT.has(method)) continue
    const [query, body] = [readQuery(url, request), readBody(request.postData)]
    const key = JSON.stringify([method, url.pathname, query, body])
    if (calls.has(key)) continue
    calls.set(key, { method, path: url.pathname, query, body, location: { file: path, ...place, function: '' } })
  }
  return { calls: [...calls.values()], unreadable: [] }
}

function readEntries(path: string, text: string): readonly unknown[] {
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch {
    // What the parser says quotes the text, and with it secrets.
    throw new UsageError(`${path} is no HAR file: it is not JSON`, TRY_NEXT)
  }
  const log = isObject(document) ? document.log : undefined
  const entries = isObject(log) ? log.entries : undefined
  if (!Array.isArray(entries)) throw new UsageError(`${path} is no HAR file: it has no log with entries`, TRY_NEXT)
  return entries
}

function readQuery(url: URL, { queryString }: JsonObject): NamesSent {
  const listed = Array.isArray(queryString) ? queryString : []
  const names = listed.flatMap((one: unknown) => (isObject(one) && typeof one.name === 'string' ? [one.name] : []))
  return { names: [...new Set([...url.searchParams.keys(), ...names])].toSorted(), isComplete: true }
}

/** A body that was recorded in part, or not at all, may have had any names. */
function readBody(postData: unknown): NamesSent | undefined {
  if (!isObject(postData) || typeof postData.mimeType !== 'string') return undefined
  if (!/^application\/([\w.-]+\+)?json\b/i.test(postData.mimeType)) return undefined
  try {
    const body: unknown = JSON.parse(String(postData.text))
    if (isObject(body)) return { names: Object.keys(body).toSorted(), isComplete: true }
  } catch {
    // Told below.
  }
  return { names: [], isComplete: false }
}

/** Finds the places of URLs that are asked for in the order of the file. */
class UrlFinder {
  private readonly positions: Positions
  private from = 0

  constructor(private readonly text: string) {
    this.positions = new Positions(text)
  }

  /** Returns the place of the next property `url` with this value; the first place of the file when there is none. */
  find(url: string): { line: number; column: number } {
    const value = JSON.stringify(url)
    for (let at = this.text.indexOf(value, this.from); at >= 0; at = this.text.indexOf(value, at + 1)) {
      if (!/"url"\s*:\s*$/.test(this.text.slice(Math.max(0, at - 40), at))) continue
      this.from = at
      return this.positions.at(at)
    }
    return { line: 1, column: 1 }
  }
}
