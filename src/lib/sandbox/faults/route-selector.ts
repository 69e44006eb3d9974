/** Chooses requests by method and path. */
export interface RouteSelector {
  /** In capitals; undefined: any. */
  readonly method: string | undefined
  /** Undefined: any. */
  readonly path: PathGlob | undefined
}

/** `*` and `{name}` stand for one part of a path, or some of it, `**` for any number of parts. */
interface PathGlob {
  readonly glob: string
  /** Matches a path without query and without a slash at its end. */
  readonly pattern: RegExp
}

/** Names for the routes that clients use most. */
export const ROUTE_NAMES: Readonly<Record<string, string>> = {
  'model-create': 'POST /api/v2/models',
  'model-search': 'GET /api/v2/models/search',
  'model-get': 'GET /api/v2/model/*',
  'model-update': 'PATCH /api/v2/model/*',
  'model-delete': 'DELETE /api/v2/model/*',
  'card-setup': 'POST /api/v2/model/*/setup/*',
  'card-put': 'PUT /api/v2/model/*/model-cards',
  'card-get': 'GET /api/v2/model/*/model-card/*',
  'release-create': 'POST /api/v2/model/*/releases',
  'release-list': 'GET /api/v2/model/*/releases',
  'release-get': 'GET /api/v2/model/*/release/*',
  'release-update': 'PUT /api/v2/model/*/release/*',
  'release-delete': 'DELETE /api/v2/model/*/release/*',
  'file-upload': 'POST /api/v2/model/*/files/upload/simple',
  'multipart-start': 'POST /api/v2/model/*/files/upload/multipart/start',
  part: 'POST /api/v2/model/*/files/upload/multipart/part',
  'multipart-finish': 'POST /api/v2/model/*/files/upload/multipart/finish',
  'file-list': 'GET /api/v2/model/*/files',
  'file-download': 'GET /api/v2/model/*/file/*/download',
  'file-delete': 'DELETE /api/v2/model/*/file/*',
  'image-list': 'GET /api/v2/model/*/images',
  token: 'GET /api/v1/registry_auth',
  'blob-head': 'HEAD /v2/**/blobs/sha256:*',
  'blob-get': 'GET /v2/**/blobs/sha256:*',
  'blob-start': 'POST /v2/**/blobs/uploads',
  'blob-status': 'GET /v2/**/blobs/uploads/*',
  'blob-patch': 'PATCH /v2/**/blobs/uploads/*',
  'blob-commit': 'PUT /v2/**/blobs/uploads/*',
  'manifest-head': 'HEAD /v2/**/manifests/*',
  'manifest-get': 'GET /v2/**/manifests/*',
  'manifest-put': 'PUT /v2/**/manifests/*',
}

const METHODS = ['any', 'GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/**
 * Takes a route off the front of a rule: a name, or a method (`any` for all), a path, or both.
 *
 * @returns the route and the words after it; undefined when the rule does not begin with one
 */
export function takeRoute(words: readonly string[]): { route: RouteSelector; rest: readonly string[] } | undefined {
  const [first = '', second = ''] = words
  if (Object.hasOwn(ROUTE_NAMES, first)) {
    return takeRoute([...(ROUTE_NAMES[first] ?? '').split(' '), ...words.slice(1)])
  }
  if (first.startsWith('/')) return { route: { method: undefined, path: compileGlob(first) }, rest: words.slice(1) }
  const method = METHODS.find((one) => one.toLowerCase() === first.toLowerCase())
  if (method === undefined) return undefined
  const hasPath = second.startsWith('/')
  return {
    route: { method: method === 'any' ? undefined : method, path: hasPath ? compileGlob(second) : undefined },
    rest: words.slice(hasPath ? 2 : 1),
  }
}

/** @param path with or without a query */
export function matchesRoute({ method, path: pathGlob }: RouteSelector, requestMethod: string, path: string): boolean {
  if (method !== undefined && method !== requestMethod) return false
  return pathGlob === undefined || pathGlob.pattern.test(withoutLastSlash(path.split('?', 1)[0] ?? ''))
}

/** False for a route that never leads to the registry. */
export function mayBeOfRegistry({ path }: RouteSelector): boolean {
  return path === undefined || /^\/(v2(\/|$)|\*|\{)/.test(path.glob)
}

function compileGlob(glob: string): PathGlob {
  const pieces = withoutLastSlash(glob)
    .split(/(\*\*|\*|\{[^/{}]*\})/)
    .map((piece, index) => {
      if (index % 2 === 0) return piece.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
      return piece === '**' ? '.*' : '[^/]*'
    })
  return { glob, pattern: new RegExp(`^${pieces.join('')}$`) }
}

function withoutLastSlash(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path
}
