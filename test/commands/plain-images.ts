import { createHash } from 'node:crypto'
import { bearer, callApi, type Instance } from './read-instance.js'

/** Makes an empty entry with a card, by plain HTTP. */
export async function makeModel(instance: Instance, kind: 'model' | 'data-card' = 'model'): Promise<string> {
  const { model } = await callApi<{ model: { id: string } }>(instance, 'POST', '/api/v2/models', {
    ...{ name: 'Plain', kind, description: 'd' },
  })
  const schemaId = kind === 'model' ? 'minimal-general-v10' : 'minimal-data-card-v10'
  await callApi(instance, 'POST', `/api/v2/model/${model.id}/setup/from-schema`, { schemaId })
  return model.id
}

/** Pushes an image of one small layer, as other tools do, without any of the tool's own clients. */
export async function pushPlainImage(
  instance: Instance,
  repository: string,
  tag: string,
  config: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const authorization = await bearer(instance, repository, 'pull,push')
  const push = async (bytes: Buffer) => {
    const base = `${instance.url}/v2/${repository}/blobs/uploads/`
    const started = await fetch(base, { method: 'POST', headers: { authorization } })
    const location = new URL(started.headers.get('location') ?? '', instance.url)
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
    location.searchParams.set('digest', digest)
    const done = await fetch(location, { method: 'PUT', headers: { authorization }, body: new Uint8Array(bytes) })
    if (done.status !== 201) throw new Error(`pushing a blob answered ${done.status}`)
    return { digest, size: bytes.length }
  }
  const layer = await push(Buffer.from(`layer of ${repository}:${tag}`))
  const configBytes = Buffer.from(JSON.stringify({ architecture: 'amd64', os: 'linux', ...config }))
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...(await push(configBytes)) },
      layers: [{ mediaType: 'application/octet-stream', ...layer }],
    }),
  )
  const stored = await fetch(`${instance.url}/v2/${repository}/manifests/${tag}`, {
    method: 'PUT',
    headers: { authorization, 'content-type': 'application/vnd.oci.image.manifest.v1+json' },
    body: manifest,
  })
  if (stored.status !== 201) throw new Error(`pushing a manifest answered ${stored.status}`)
  return `sha256:${createHash('sha256').update(manifest).digest('hex')}`
}

/** Sizes of the layers of an image, or of each platform's in an index, as the registry has them stored. */
export async function readLayers(
  instance: Instance,
  repository: string,
  tag: string,
): Promise<{ readonly digest: string; readonly images: readonly (readonly { digest: string; bytes: number }[])[] }> {
  const authorization = await bearer(instance, repository)
  const read = async (reference: string) => {
    const response = await fetch(`${instance.url}/v2/${repository}/manifests/${reference}`, {
      headers: {
        authorization,
        accept: 'application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json',
      },
    })
    if (response.status !== 200) throw new Error(`${repository}:${reference} answered ${response.status}`)
    const bytes = Buffer.from(await response.arrayBuffer())
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
    return {
      digest,
      document: JSON.parse(bytes.toString()) as {
        layers?: { digest: string }[]
        manifests?: { digest: string }[]
      },
    }
  }
  const top = await read(tag)
  const documents = top.document.manifests
    ? await Promise.all(top.document.manifests.map(async ({ digest }) => (await read(digest)).document))
    : [top.document]
  const images = await Promise.all(
    documents.map(({ layers = [] }) =>
      Promise.all(
        layers.map(async ({ digest }) => {
          const url = `${instance.url}/v2/${repository}/blobs/${digest}`
          const response = await fetch(url, { headers: { authorization } })
          const bytes = Buffer.from(await response.arrayBuffer())
          const actual = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
          if (actual !== digest) throw new Error(`${digest} has the bytes of ${actual}`)
          return { digest, bytes: bytes.length }
        }),
      ),
    ),
  )
  return { digest: top.digest, images }
}
