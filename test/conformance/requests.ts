import { Readable } from 'node:stream'
import { ALL_ACTIONS } from '../../src/lib/sandbox/routes/tokens.js'
import { authorise } from './callers.js'
import type { Sample } from './samples.js'
import { countLeftOut, lengthen, readShortened } from './shortened.js'
import type { Request, Stage } from './stage.js'

/** How JSON texts end whose end was cut off. */
const ENDS: Readonly<Record<string, string>> = {
  model_create_too_large_body: '"}',
  model_create_body_100kb_minus: '"}',
  json_body_102400: '"}',
  card_put_80kb: '"}}}',
  release_long_notes_90k: '", "fileIds": [], "images": []}',
}

/** The lists of which only the first two entries are shown. */
const WHOLE_LISTS: Readonly<Record<string, (stage: Stage, path: string) => Promise<readonly string[]>>> = {
  token_create_all: () => Promise.resolve(ALL_ACTIONS),
  token_create_readonly: () => Promise.resolve(['model:read', 'release:read', 'file:read', 'image:read']),
  release_200_files: async (stage, path) => {
    const { files } = await stage.do<{ files: { id: string }[] }>('GET', path.replace(/releases$/, 'files'))
    return files.map(({ id }) => id)
  },
}

/** The one layer of each image that was pushed; the size is told by later answers. */
const LAYER_BYTES: Readonly<Record<string, number>> = { '/manifests/v1': 100_232, '/plain/manifests/v1': 100_231 }

/** Returns the request of a sample as this sandbox has to be sent it: with its ids, and with all that was cut off. */
export async function rebuildRequest(stage: Stage, sample: Sample): Promise<Request> {
  const { method } = sample.request
  const path = stage.bindings.translate(completeText(sample.request.path))
  const authorization = await authorise(stage, sample)
  const contentType = sample.request.headers['content-type']
  const headers = {
    ...(authorization !== undefined && { authorization }),
    ...(contentType !== undefined && { 'content-type': contentType }),
  }
  return { method, path, headers, body: await rebuildBody(stage, sample, path) }
}

async function rebuildBody(stage: Stage, sample: Sample, path: string): Promise<Request['body']> {
  const { name } = sample
  const { json, data, headers } = sample.request
  if (name === 'mp_part_no_length') return Readable.from([Buffer.from('x')])
  if (name === 'oci_manifest_put') return pushBlobs(stage, sample, path)
  const text = typeof json === 'string' ? json : data
  if (text !== undefined) {
    const shortened = readShortened(text)
    const whole = shortened ? lengthen(shortened.beginning, Number(headers['content-length']), ENDS[name]) : text
    return Buffer.from(whole, 'latin1')
  }
  if (json === undefined) return null
  const wholeList = await WHOLE_LISTS[name]?.(stage, path)
  return JSON.stringify(json, (_key, value: unknown) => {
    if (Array.isArray(value)) return completeList(value, wholeList)
    return typeof value === 'string' ? stage.bindings.translate(completeText(value)) : value
  })
}

function completeList(list: readonly unknown[], wholeList: readonly string[] | undefined): readonly unknown[] {
  if (countLeftOut(list.at(-1)) === undefined) return list
  if (wholeList === undefined) throw new RangeError('A list was cut, and nobody says what it was')
  return wholeList
}

/** A long text was cut inside a run of one letter, and its length was noted. */
function completeText(text: string): string {
  const shortened = readShortened(text)
  return shortened?.length === undefined ? text : lengthen(shortened.beginning, shortened.length)
}

/**
 * Completes the two uploads that were begun before a manifest, and returns a manifest of what was pushed. Its form and the
 * size of the config are those of the captured one, the contents are made up.
 */
async function pushBlobs(stage: Stage, { request: { data = '' } }: Sample, path: string): Promise<string> {
  const repository = /^\/v2\/(.+)\/manifests\//.exec(path)?.[1] ?? ''
  const mediaType = /"mediaType": "([^"]+)"/.exec(data)?.[1]
  const [, configType, configSize, configDigest = ''] =
    /"config": \{"mediaType": "([^"]+)", "size": (\d+), "digest": "([^"]+)"/.exec(data) ?? []
  const layerSize = Object.entries(LAYER_BYTES).findLast(([end]) => path.endsWith(end))?.[1] ?? 100_000
  const config = Buffer.from(JSON.stringify({ image: path }).padEnd(Number(configSize)))
  const layer = Buffer.alloc(layerSize, path)
  const digest = await stage.completeUpload(repository, config)
  stage.bindings.bind(configDigest, digest)
  return JSON.stringify({
    schemaVersion: 2,
    mediaType,
    config: { mediaType: configType, size: config.length, digest },
    layers: [
      {
        mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
        size: layer.length,
        digest: await stage.completeUpload(repository, layer),
      },
    ],
  })
}
