import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { startSandbox } from '../../src/lib/sandbox/index.js'
import { bearer, readManifest } from '../commands/read-instance.js'
import { setFaults } from '../support/faults.js'
import { exportAll, linkMirror, startMirrorPair, writeCard, type MirrorPair } from '../support/mirror-pair.js'
import { download } from '../commands/experiment.js'
import { WebhookReceiver } from './webhook-receiver.js'

let pair: MirrorPair
let modelId: string
let mirrorId: string
beforeEach(async () => {
  pair = await startMirrorPair()
  modelId = await pair.source.createModelWithCard()
  mirrorId = await linkMirror(pair, modelId)
  await writeCard(pair, modelId)
})
afterEach(() => pair.close())

/** More than one chunk, and nothing that divides by the blocks of an archive. */
const WEIGHTS = Buffer.from(Array.from({ length: 300_001 }, (_, index) => (index * index) % 251))

async function fill(): Promise<{ fileId: string; digest: string; index: string }> {
  const { source } = pair
  const fileId = await source.upload(modelId, 'weights.bin', WEIGHTS)
  const digest = await source.pushImage(modelId, 'group/server', 'v1', 'layer')
  const index = await source.pushIndex(modelId, 'group/server', 'all', [{ digest }])
  const images = ['v1', 'all'].map((tag) => ({ repository: modelId, name: 'group/server', tag }))
  await source.createRelease(modelId, '1.0.0', { fileIds: [fileId], images, notes: 'as it was', minor: true })
  return { fileId, digest, index }
}

const transfersOf = async (side: 'source' | 'copy') => {
  const id = side === 'source' ? modelId : mirrorId
  return (await pair[side].get(`/api/v2/model/${id}/transfers`)).body.transfers
}

describe('an export that is brought to another sandbox', () => {
  test('arrives with its bytes, byte by byte', async () => {
    const { fileId, digest, index } = await fill()
    expect(await exportAll(pair, modelId, ['1.0.0'])).toBe('completed')
    const { copy } = pair
    expect(await download(copy.sandbox, mirrorId, fileId)).toEqual(WEIGHTS)
    const repository = `${mirrorId}/group/server`
    const { manifests } = await readManifest(copy.sandbox, repository, 'all')
    expect(manifests?.map((entry) => entry.digest)).toEqual([digest])
    const manifest = await readManifest(copy.sandbox, repository, 'v1')
    const authorization = await bearer(copy.sandbox, repository)
    const url = `${copy.sandbox.url}/v2/${repository}`
    const layer = await fetch(`${url}/blobs/${manifest.layers[0]?.digest ?? ''}`, { headers: { authorization } })
    expect(await layer.text()).toBe('layer')
    const head = await fetch(`${url}/manifests/${index}`, {
      headers: { authorization, accept: 'application/vnd.oci.image.index.v1+json' },
    })
    expect(
      `sha256:${createHash('sha256')
        .update(await head.text())
        .digest('hex')}`,
    ).toBe(index)
    const { body } = await copy.get(`/api/v2/model/${mirrorId}/release/1.0.0`)
    expect(body.release).toMatchObject({ notes: 'as it was', minor: true, fileIds: [fileId] })
    expect(body.release.files).toMatchObject([{ name: 'weights.bin', complete: true, size: WEIGHTS.length }])
  })

  test('is completed at both ends, of which the webhooks of the mirror are told once', async () => {
    const { fileId } = await fill()
    const receiver = await WebhookReceiver.start()
    try {
      const uri = `http://127.0.0.1:${receiver.port}/`
      await pair.copy.post(`/api/v2/model/${mirrorId}/webhooks`, { name: 'w', uri, events: ['importModel'] })
      await exportAll(pair, modelId, ['1.0.0'])
      await receiver.wait(1)
    } finally {
      await receiver.close()
    }
    expect(receiver.received).toHaveLength(1)
    const parts = (id: string) => [
      { key: 'documents', kind: 'documents', status: 'completed' },
      { key: fileId, kind: 'file', status: 'completed' },
      { key: `${id}/group/server:v1`, kind: 'image', status: 'completed' },
      { key: `${id}/group/server:all`, kind: 'image', status: 'completed' },
    ]
    const [exported] = await transfersOf('source')
    const [imported] = await transfersOf('copy')
    expect(exported).toMatchObject({ status: 'completed', artefactStatus: parts(modelId) })
    expect(imported?.status).toBe('completed')
    expect(imported?.artefactStatus).toHaveLength(4)
    expect(imported?.artefactStatus).toEqual(expect.arrayContaining(parts(mirrorId)))
  })

  test('can be brought again, with what is new', async () => {
    const { fileId } = await fill()
    await exportAll(pair, modelId, ['1.0.0'])
    const second = await pair.source.upload(modelId, 'second.bin', 'second')
    await pair.source.createRelease(modelId, '1.1.0', { fileIds: [fileId, second] })
    expect(await exportAll(pair, modelId, ['1.0.0', '1.1.0'])).toBe('completed')
    expect(await download(pair.copy.sandbox, mirrorId, fileId)).toEqual(WEIGHTS)
    expect((await download(pair.copy.sandbox, mirrorId, second)).toString()).toBe('second')
    const { body } = await pair.copy.get(`/api/v2/model/${mirrorId}/releases`)
    expect(body.releases).toHaveLength(2)
    expect(await transfersOf('copy')).toMatchObject([{ status: 'completed' }, { status: 'completed' }])
  })

  test('fails where the other side refuses a part, and goes on with the rest', async () => {
    const { fileId } = await fill()
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    try {
      await setFaults(pair.copy.sandbox, ['POST /api/v2/model/import/s3 after=1 x1 status=500'])
      expect(await exportAll(pair, modelId, ['1.0.0'])).toBe('failed')
      expect(warn).toHaveBeenCalledWith(expect.stringContaining(`did not bring file ${fileId}`))
    } finally {
      warn.mockRestore()
    }
    const statuses = (transfer: Awaited<ReturnType<typeof transfersOf>>[number] | undefined) =>
      Object.fromEntries(
        transfer?.artefactStatus?.map(({ kind, key, status }) => [kind === 'image' ? 'image' : key, status]) ?? [],
      )
    expect(statuses((await transfersOf('source'))[0])).toEqual({
      documents: 'completed',
      [fileId]: 'failed',
      image: 'completed',
    })
    expect(statuses((await transfersOf('copy'))[0])).toEqual({
      documents: 'completed',
      [fileId]: 'in_progress',
      image: 'completed',
    })
  })

  test('fails as a whole for a card that has only its first version', async () => {
    const bare = await pair.source.createModelWithCard()
    await linkMirror(pair, bare)
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    try {
      expect(await exportAll(pair, bare, [])).toBe('failed')
      expect(warn).toHaveBeenCalledWith(expect.stringContaining('Cannot find latest model card.'))
    } finally {
      warn.mockRestore()
    }
  })

  test('is fetched only under an address that was given out', async () => {
    const response = await fetch(`${pair.source.sandbox.url}/_sandbox/exports/00000000-0000-4000-8000-000000000000`)
    expect(response.status).toBe(404)
  })

  test('goes to nobody but this machine', async () => {
    const mirrorTo = { url: 'https://bailo.example.com', authorization: undefined }
    await expect(startSandbox({ mirrorTo })).rejects.toThrow('is not of this machine')
  })
})
