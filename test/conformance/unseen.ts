import type { Sample } from './samples.js'
import type { Stage } from './stage.js'

/**
 * What happened on the captured instance, but is not among the samples: each entry is done before the sample of its name.
 * That it happened is told by later answers, for instance by a listing that has more entries than were created.
 */
export const UNSEEN: Readonly<Record<string, (stage: Stage, sample: Sample) => Promise<void>>> = {
  auth_none_silly: async (stage) => {
    await createModel(stage, 'perf')
    await createModel(stage, 'perf2')
  },
  model_create_spaces_name: async (stage) => {
    await createModel(stage, 'unseen one')
    await createModel(stage, 'unseen two')
  },
  model_scoped_token_ok: async (stage, sample) => {
    const modelIds = [stage.bindings.translate(modelOf(sample))]
    const details = { description: 't', scope: 'models', modelIds, actions: ['model:read'] }
    const { token } = await stage.do<{ token: { accessKey: string; secretKey: string } }>(
      'POST',
      '/api/v2/user/tokens',
      details,
    )
    stage.keys.set('scoped', token)
  },
  model_scoped_token_other_model: async (stage, sample) => {
    stage.bindings.bind(modelOf(sample), await createModel(stage, 'Other'))
  },
  files_after_abort: async (stage, sample) => {
    const modelId = stage.bindings.translate(modelOf(sample))
    const [, big = ''] = fileIdsOf(stage.sample('release_create'))
    stage.bindings.bind(big, await stage.upload(modelId, 'big12.bin', Buffer.alloc(12 * 1024 * 1024)))
    await stage.upload(modelId, 'unseen.bin', Buffer.from('x'))
  },
  mp_finish: async (stage, sample) => {
    const { fileId, uploadId, parts } = sample.request.json as unknown as MultipartEnd
    const { size } = stage.sample('mp_start').request.json as { size: number }
    const ids = stage.bindings.translate(`fileId=${fileId}&uploadId=${uploadId}`)
    const path = `/api/v2/model/${stage.bindings.translate(modelOf(sample))}/files/upload/multipart/part?${ids}`
    for (const { ETag, PartNumber } of parts.slice(1)) {
      const startByte = (PartNumber - 1) * PART_BYTES
      const body = Buffer.alloc(Math.min(PART_BYTES, size - startByte), PartNumber)
      const part = await stage.expect<{ ETag: string }>({
        method: 'POST',
        path: `${path}&partNumber=${PartNumber}`,
        body,
      })
      stage.bindings.bind(ETag, part.ETag)
    }
  },
  release_unknown_file: async (stage, sample) => {
    const path = `/api/v2/model/${stage.bindings.translate(modelOf(sample))}/releases`
    await stage.do('POST', path, { semver: '2.0.0-rc1', notes: 'n', draft: true, fileIds: [], images: [] })
    await stage.do('POST', path, { semver: '2.0.0-a-b', notes: 'n', fileIds: [], images: [] })
  },
  release_200_files: async (stage, sample) => {
    const modelId = await createModel(stage, 'extra')
    await createModel(stage, 'unseen three')
    stage.bindings.bind(modelOf(sample), modelId)
    const path = `/api/v2/model/${modelId}`
    await stage.do('POST', `${path}/setup/from-schema`, { schemaId: 'minimal-general-v10' })
    await stage.do('POST', `${path}/releases`, { semver: '1.0.0', notes: 'n', fileIds: [], images: [] })
    for (const modelSummary of ['a', 'b', 'c']) {
      await stage.do('PUT', `${path}/model-cards`, { metadata: { overview: { modelSummary } } })
    }
    const ids = [...fileIdsOf(sample).slice(0, 2), fileOf(stage.sample('file_patch_name'))]
    for (let index = 0; index < 200; index++) {
      const id = await stage.upload(modelId, `f${index}`, Buffer.alloc(1000, 'x'))
      const captured = ids[index]
      if (captured !== undefined) stage.bindings.bind(captured, id)
    }
  },
  file_download_nonascii: async (stage, sample) => {
    const modelId = stage.bindings.translate(modelOf(sample))
    stage.bindings.bind(fileOf(sample), await stage.upload(modelId, 'ü é.bin', Buffer.from('x')))
  },
  search_regex_chars: async (stage) => {
    for (let index = 0; index < 30; index++) await createModel(stage, `bulk ${index} alpha`)
  },
}

/** What the multipart uploads of the captured instance are cut into. */
const PART_BYTES = 5 * 1024 * 1024

interface MultipartEnd {
  readonly fileId: string
  readonly uploadId: string
  readonly parts: readonly { readonly ETag: string; readonly PartNumber: number }[]
}

async function createModel(stage: Stage, name: string): Promise<string> {
  const details = { name, kind: 'model', description: 'd' }
  return (await stage.do<{ model: { id: string } }>('POST', '/api/v2/models', details)).model.id
}

function modelOf({ request }: Sample): string {
  return /\/model\/([^/?]+)/.exec(request.path)?.[1] ?? ''
}

function fileOf({ request }: Sample): string {
  return /\/file\/([^/?]+)/.exec(request.path)?.[1] ?? ''
}

function fileIdsOf({ request }: Sample): string[] {
  return (request.json as { fileIds: string[] }).fileIds
}
