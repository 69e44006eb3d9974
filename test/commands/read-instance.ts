/**
 * Reads an instance by plain HTTP, without any of the tool's own clients, so that a mistake of theirs cannot hide itself.
 */
export interface Instance {
  readonly url: string
  readonly accessKey: string
  readonly secretKey: string
}

interface Release {
  _id: string
  semver: string
  notes: string
  minor: boolean
  draft: boolean
  createdAt: string
  fileIds: string[]
  files: { _id: string; name: string; size: number; mime: string; tags: string[] }[]
  images: { repository: string; name: string; tag: string }[]
}

interface Manifest {
  mediaType: string
  config: { digest: string; size: number }
  layers: { digest: string; size: number; mediaType: string }[]
  manifests?: { digest: string; platform?: { os: string; architecture: string; variant?: string } }[]
}

export function basicAuth({ accessKey, secretKey }: Pick<Instance, 'accessKey' | 'secretKey'>): string {
  return `Basic ${Buffer.from(`${accessKey}:${secretKey}`).toString('base64')}`
}

/** Sends a JSON request and returns the answer's body; fails the test on anything but 200. */
export async function callApi<T>(instance: Instance, method: string, path: string, body?: unknown): Promise<T> {
  const response = await fetch(`${instance.url}${path}`, {
    method,
    headers: {
      authorization: basicAuth(instance),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  if (response.status !== 200) throw new Error(`${method} ${path} answered ${response.status}: ${text}`)
  return JSON.parse(text) as T
}

/** The releases of a model, oldest first. */
export async function readReleases(instance: Instance, modelId: string): Promise<Release[]> {
  const { releases } = await callApi<{ releases: Release[] }>(instance, 'GET', `/api/v2/model/${modelId}/releases`)
  const age = ({ createdAt, _id }: Release) => `${createdAt} ${_id}`
  return releases.toSorted((a, b) => (age(a) < age(b) ? -1 : 1))
}

export async function readFiles(instance: Instance, modelId: string) {
  const { files } = await callApi<{ files: Release['files'] }>(instance, 'GET', `/api/v2/model/${modelId}/files`)
  return files
}

/** What two models must have in common to be copies of each other; ids and contents are left out. */
export async function describeModel(instance: Instance, modelId: string) {
  const releases = await readReleases(instance, modelId)
  const images = new Map<string, unknown>()
  for (const { name, tag } of releases.flatMap((release) => release.images)) {
    images.set(`${name}:${tag}`, await describeImage(instance, `${modelId}/${name}`, tag))
  }
  return {
    releases: releases.map(({ semver, notes, minor, draft, files, images }) => ({
      semver,
      notes,
      minor,
      draft,
      files: files.map(({ name, size, mime, tags }) => ({ name, size, mime, tags })),
      images: images.map(({ name, tag }) => `${name}:${tag}`),
    })),
    images: Object.fromEntries(images),
  }
}

async function describeImage(instance: Instance, repository: string, tag: string) {
  const top = await readManifest(instance, repository, tag)
  if (top.manifests === undefined) return { layers: await layerSizes(instance, repository, top) }
  const platforms = top.manifests.filter(({ platform }) => platform?.os !== 'unknown')
  return {
    platforms: await Promise.all(
      platforms.map(async ({ digest, platform }) => ({
        platform,
        layers: await layerSizes(instance, repository, await readManifest(instance, repository, digest)),
      })),
    ),
  }
}

/** The sizes of an image's layers as the registry has them, not as the manifest claims. */
async function layerSizes(instance: Instance, repository: string, manifest: Manifest): Promise<number[]> {
  const authorization = await bearer(instance, repository)
  return Promise.all(
    manifest.layers.map(async ({ digest, size }) => {
      const url = `${instance.url}/v2/${repository}/blobs/${digest}`
      const response = await fetch(url, { method: 'HEAD', headers: { authorization } })
      const stored = Number(response.headers.get('content-length'))
      if (response.status !== 200 || stored !== size) throw new Error(`${digest} has ${stored} bytes, not ${size}`)
      return stored
    }),
  )
}

export async function readManifest(instance: Instance, repository: string, reference: string): Promise<Manifest> {
  const response = await fetch(`${instance.url}/v2/${repository}/manifests/${reference}`, {
    headers: {
      authorization: await bearer(instance, repository),
      accept: [
        'application/vnd.oci.image.manifest.v1+json',
        'application/vnd.oci.image.index.v1+json',
        'application/vnd.docker.distribution.manifest.v2+json',
      ].join(', '),
    },
  })
  if (response.status !== 200) throw new Error(`manifest ${repository}:${reference} answered ${response.status}`)
  return (await response.json()) as Manifest
}

export async function bearer(instance: Instance, repository: string, actions = 'pull'): Promise<string> {
  const query = new URLSearchParams({ service: 'RegistryAuth', scope: `repository:${repository}:${actions}` })
  const { token } = await callApi<{ token: string }>(instance, 'GET', `/api/v1/registry_auth?${query.toString()}`)
  return `Bearer ${token}`
}
