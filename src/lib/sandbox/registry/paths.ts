/** A path component starts and ends with a letter or digit; OCI distribution specification, "Pulling manifests". */
const COMPONENT = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*'
const REPOSITORY = `${COMPONENT}(?:/${COMPONENT})*`
const DIGEST = 'sha256:[a-f0-9]{64}'
const TAG = '[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}'

/** Longer repository names are refused by the distribution registry. */
const REPOSITORY_MAX_CHARACTERS = 255

export type RegistryResource =
  | { readonly kind: 'base' }
  | { readonly kind: 'catalog' }
  | { readonly kind: 'tags' | 'uploads'; readonly repository: string }
  | { readonly kind: 'manifest'; readonly repository: string; readonly reference: string }
  | { readonly kind: 'blob'; readonly repository: string; readonly digest: string }
  | { readonly kind: 'upload'; readonly repository: string; readonly uploadId: string }

/** The name may itself hold `/blobs/` or `/manifests/`, so each pattern is anchored and lets the name take all it can. */
const PATTERNS = {
  tags: new RegExp(`^(${REPOSITORY})/tags/list$`),
  manifest: new RegExp(`^(${REPOSITORY})/manifests/(${TAG}|${DIGEST})$`),
  uploads: new RegExp(`^(${REPOSITORY})/blobs/uploads/?$`),
  upload: new RegExp(`^(${REPOSITORY})/blobs/uploads/([a-zA-Z0-9-]+)$`),
  blob: new RegExp(`^(${REPOSITORY})/blobs/(${DIGEST})$`),
}

const WHOLE_REPOSITORY = new RegExp(`^${REPOSITORY}$`)
const WHOLE_DIGEST = new RegExp(`^${DIGEST}$`)

/** True for a request to the registry itself; its token endpoint is elsewhere. */
export function isForRegistry(url: string): boolean {
  return /^\/v2(\/|\?|$)/.test(url)
}

/** The routes under which requests are counted. */
const ROUTES: Readonly<Record<RegistryResource['kind'], string>> = {
  base: '/v2/',
  catalog: '/v2/_catalog',
  tags: '/v2/:repository/tags/list',
  manifest: '/v2/:repository/manifests/:reference',
  blob: '/v2/:repository/blobs/:digest',
  uploads: '/v2/:repository/blobs/uploads/',
  upload: '/v2/:repository/blobs/uploads/:uploadId',
}

/** Returns the route that a request to the registry is for; undefined when there is none. */
export function describeRegistryRoute(url: string): string | undefined {
  const path = url.replace(/^\/v2\/?/, '').replace(/\?.*$/s, '')
  const resource = parsePath(path)
  return resource && ROUTES[resource.kind]
}

/** True for `<algorithm>:<hex>` with the one algorithm that is served, SHA-256. */
export function isDigest(text: string): boolean {
  return WHOLE_DIGEST.test(text)
}

/** True for a name that a repository can have: lower case components with slashes between them. */
export function isRepositoryName(text: string): boolean {
  return WHOLE_REPOSITORY.test(text) && text.length <= REPOSITORY_MAX_CHARACTERS
}

/** Returns what the decoded path, without `/v2/`, stands for (OCI distribution specification, "Endpoints"); undefined when nothing. */
export function parsePath(path: string): RegistryResource | undefined {
  if (path === '') return { kind: 'base' }
  if (path === '_catalog') return { kind: 'catalog' }
  for (const kind of Object.keys(PATTERNS) as (keyof typeof PATTERNS)[]) {
    const [, repository, last] = PATTERNS[kind].exec(path) ?? []
    if (repository !== undefined) return toResource(kind, repository, last ?? '')
  }
  return undefined
}

function toResource(kind: keyof typeof PATTERNS, repository: string, last: string): RegistryResource {
  switch (kind) {
    case 'tags':
    case 'uploads':
      return { kind, repository }
    case 'manifest':
      return { kind, repository, reference: last }
    case 'upload':
      return { kind, repository, uploadId: last }
    case 'blob':
      return { kind, repository, digest: last }
  }
}
