import type { NamesSent } from '../../client-call.js'
import { namesInQuery, NOTHING_SENT } from './names.js'
import { changeStart, concatenate, type Hole, isHole, type Part, splitAt, type Text } from './text.js'

/** What a URL says. */
export interface UrlReading {
  /** From the origin on, holes in braces; undefined when it cannot be told. */
  readonly path: string | undefined
  readonly reason?: string
  /** What would have to be known to tell. */
  readonly missing?: Hole
  readonly query: NamesSent
}

/** Reads a URL: its path from the origin on, and the names in its query. */
export function readUrl(url: Text): UrlReading {
  const reading = readAsItIs(url)
  const completed = fillDefaults(url, reading)
  return completed === undefined ? reading : readAsItIs(completed)
}

function readAsItIs(url: Text): UrlReading {
  const [address] = splitAt(url, '#')
  const [before, after] = splitAt(address, '?')
  const stray = before.findIndex((part) => typeof part !== 'string' && !isHole(part))
  const location = stray < 0 ? before : before.slice(0, stray)
  const tail = stray < 0 ? [] : before.slice(stray)
  const query = after === undefined && tail.length === 0 ? NOTHING_SENT : namesInQuery(concatenate([tail, after ?? []]))
  return { query, ...readPath(location) }
}

type PathReading = Omit<UrlReading, 'query'>

function readPath(location: Text): PathReading {
  const path = withoutOrigin(location)
  if (path === undefined) return explainStart(location)
  const written = path.map((part) => (typeof part === 'string' ? part : isHole(part) ? `{${part.name}}` : '')).join('')
  const hole = path.find(isHole)
  if (hole === undefined || !isOpenBelowApi(written)) return { path: written }
  return {
    path: undefined,
    missing: hole,
    reason: `all that is known of the path is ${written}`,
  }
}

/** True when no segment after `/api` or `/api/v2` is known. */
function isOpenBelowApi(path: string): boolean {
  const below = /^\/api(?:\/v\d+)?(?![^/{])(.*)$/.exec(path)?.[1]
  return below !== undefined && below.split('/').every((segment) => segment === '' || segment.startsWith('{'))
}

function explainStart(location: Text): PathReading {
  const [first, ...rest] = location
  if (first === undefined) return { path: undefined, reason: 'the URL is empty' }
  if (!isHole(first)) return { path: undefined, reason: 'the URL is relative to an address that is not known' }
  const what = rest.length === 0 ? 'is' : 'begins with'
  return { path: undefined, missing: first, reason: `the URL ${what} \`${first.name}\`, whose value is not known` }
}

/** Returns the path that begins at the origin; undefined when it is not known where the text begins. */
function withoutOrigin(location: Text): Text | undefined {
  const [first, ...rest] = location
  const next = rest[0]
  const follows = typeof next === 'string' ? next : ''
  if (isHole(first) && first.standsFor === 'origin') return rest
  if (isHole(first) && first.standsFor === 'api') {
    if (rest.length === 0 || isApi(follows)) return rest.length === 0 ? ['/api'] : rest
    return concatenate([[follows.startsWith('/') ? '/api' : '/api/'], rest])
  }
  const [scheme, remainder] = splitAt(location, '://')
  if (remainder !== undefined && isScheme(scheme)) {
    const [, path] = splitAt(remainder, '/')
    return path === undefined ? ['/'] : concatenate([['/'], path])
  }
  if (isHole(first)) return isApi(follows) ? rest : undefined
  return typeof first === 'string' && isApi(first) ? location : undefined
}

const isApi = (text: string): boolean => text === '/api' || text.startsWith('/api/')

function isScheme(text: Text): boolean {
  const [only] = text
  return text.length === 1 && (isHole(only) || /^https?$/i.test(typeof only === 'string' ? only : ''))
}

/**
 * A parameter that fills a segment stands for that segment, whatever its default is. Elsewhere, and where the path
 * cannot be told without, the default is what is known of it. Undefined when there is nothing to fill in.
 */
function fillDefaults(url: Text, { path }: UrlReading): Text | undefined {
  const isWhole = (index: number): boolean => {
    const [before, after] = [url[index - 1], url[index + 1]]
    const endsSegment = after === undefined || (typeof after === 'string' && /^[/?#]/.test(after))
    return endsSegment && typeof before === 'string' && before.endsWith('/') && !/(^|\/)api\/$/.test(before)
  }
  let isChanged = false
  const filled = url.map((part, index): Part => {
    if (!isHole(part) || part.defaultText === undefined || (path !== undefined && isWhole(index))) return part
    isChanged = true
    return part.defaultText
  })
  return isChanged ? concatenate([filled]) : undefined
}

/** Resolves a reference as `urllib.parse.urljoin` does: https://www.rfc-editor.org/rfc/rfc3986#section-5. */
export function joinUrl(base: Text, reference: Text): Text {
  const [first] = reference
  if (first === undefined) return base
  if (typeof first !== 'string' || /^[a-z][a-z\d+.-]*:/i.test(first)) {
    return typeof first === 'string' || first === undefined ? reference : relativeTo(base, reference)
  }
  if (!first.startsWith('/')) return relativeTo(base, reference)
  const [scheme, rest] = splitAt(base, '://')
  const origin: Text =
    rest === undefined ? [{ name: 'origin', standsFor: 'origin' }] : [...scheme, '://', ...splitAt(rest, '/')[0]]
  return concatenate([origin, reference])
}

/** What follows the last slash of the base is replaced. */
function relativeTo(base: Text, reference: Text): Text {
  const [first] = base
  if (base.length === 1 && isHole(first) && first.standsFor === 'api') {
    return concatenate([[{ name: 'origin', standsFor: 'origin' }, '/'], reference])
  }
  for (let index = base.length - 1; index >= 0; index--) {
    const part = base[index]
    const slash = typeof part === 'string' ? part.lastIndexOf('/') : -1
    if (typeof part === 'string' && slash >= 0) {
      return concatenate([
        base.slice(0, index),
        [part.slice(0, slash + 1)],
        changeStart(reference, (text) => text.replace(/^(\.\/)+/, '')),
      ])
    }
  }
  return concatenate([base, reference])
}
