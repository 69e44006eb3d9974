import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { cloneReleases } from '../../src/lib/experiments/clone-releases/index.js'
import { mirrorCheck } from '../../src/lib/experiments/mirror-check/index.js'
import type { MirrorCheckOptions } from '../../src/lib/experiments/mirror-check/options.js'
import type { MirrorCheckResult } from '../../src/lib/experiments/mirror-check/result.js'
import { mirrorExport } from '../../src/lib/experiments/mirror-export/index.js'
import { formatMirrorCheck } from '../../src/lib/report/mirror-check-text.js'
import { readFiles, readReleases } from '../commands/read-instance.js'
import { setFaults } from '../support/faults.js'
import { newContext, settingsOf } from '../support/in-process.js'
import { exportAll, linkMirror, startMirrorPair, writeCard, type MirrorPair } from '../support/mirror-pair.js'

const SEED = 'rehearsal'

let pair: MirrorPair
/** The skeleton of a model, with synthetic contents, and its mirrored copy. */
let modelId: string
let mirrorId: string

beforeEach(async () => {
  pair = await startMirrorPair()
  const { source } = pair
  const original = await source.createModelWithCard()
  const shared = await source.upload(original, 'weights.bin', Buffer.alloc(120_000, 1))
  const own = await source.upload(original, 'notes.txt', 'once')
  await source.pushImage(original, 'server', 'v1', 'layer one')
  const images = [{ repository: original, name: 'server', tag: 'v1' }]
  await source.createRelease(original, '1.0.0', { fileIds: [shared], minor: true })
  await source.createRelease(original, '1.1.0', { fileIds: [shared, own], images, notes: 'second' })
  modelId = await cloneSkeleton(original)
  mirrorId = await linkMirror(pair, modelId)
  await writeCard(pair, modelId)
})

afterEach(async () => {
  vi.restoreAllMocks()
  await pair.close()
})

async function cloneSkeleton(from: string): Promise<string> {
  const settings = settingsOf(pair.source.sandbox)
  const options = {
    source: settings,
    destination: settings,
    from,
    seed: SEED,
    fill: 'noise',
    multipart: 'auto',
  } as const
  const more = { withFiles: true, withImages: true, keepGoing: false }
  const { destination, comparison } = await cloneReleases(newContext(), { ...options, ...more })
  expect(comparison?.differences).toEqual([])
  return destination.modelId
}

const optionsFor = (more: Partial<MirrorCheckOptions> = {}): MirrorCheckOptions => ({
  source: settingsOf(pair.source.sandbox),
  copy: settingsOf(pair.copy.sandbox),
  ...{ from: modelId, to: undefined, semverRange: undefined, withFiles: true, withImages: true },
  ...{ verifiesContent: false, seed: SEED, fill: 'noise', keepGoing: false },
  ...{ waitMs: 10_000, intervalMs: 30 },
  ...more,
})

const check = (more: Partial<MirrorCheckOptions> = {}): Promise<MirrorCheckResult> =>
  mirrorCheck(newContext(), optionsFor(more))

const messagesOf = ({ findings }: MirrorCheckResult) => findings.map(({ subject, message }) => `${subject} ${message}`)

const exportEverything = () => exportAll(pair, modelId, ['1.0.0', '1.1.0'])

const silence = () => vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)

/** The id of the one file of this name in the copy. */
async function fileInCopy(name: string): Promise<string> {
  return (await readFiles(pair.copy.sandbox, mirrorId)).find((file) => file.name === name)?._id ?? ''
}

describe('mirror-check of a copy that is whole', () => {
  it('finds all alike, contents included, downloads nothing of the source, and changes nothing', async () => {
    await exportEverything()
    const { source, copy } = pair
    source.sandbox.forgetRequests()
    copy.sandbox.forgetRequests()
    const result = await check({ verifiesContent: true })
    expect(messagesOf(result)).toEqual([])
    expect(result).toMatchObject({
      target: { url: copy.sandbox.url, modelId: mirrorId },
      compared: { cards: 1, releases: 2, files: 3, images: 1 },
      content: { files: 2, layers: 1, bytes: 120_000 + 4 + 9 },
      transfers: { source: { newest: { status: 'completed' } }, copy: { newest: { status: 'completed' } } },
    })
    const requests = [...source.sandbox.requests, ...copy.sandbox.requests]
    expect(requests.filter(({ method }) => method !== 'GET')).toEqual([])
    expect(source.sandbox.requests.filter(({ path }) => /\/download|\/blobs\//.test(path))).toEqual([])
    const text = formatMirrorCheck(result)
    expect(text).toContain('The same in the copy as in the source: 1 card version, 2 releases')
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80)
  })

  it('reads no file and no layer unless it is asked to, and plans them in a dry run', async () => {
    await exportEverything()
    pair.copy.sandbox.forgetRequests()
    expect(messagesOf(await check())).toEqual([])
    const dry = await mirrorCheck(newContext({ isDryRun: true }), optionsFor({ verifiesContent: true }))
    expect(dry.run.planned).toHaveLength(3)
    expect(dry).not.toHaveProperty('content')
    expect(pair.copy.sandbox.requests.filter(({ path }) => /\/download|\/blobs\//.test(path))).toEqual([])
  })

  it('waits for what is on its way, and tells how long it took', async () => {
    await setFaults(pair.copy.sandbox, ['POST /api/v2/model/import/s3 after=1 x1 delay=2s'])
    const exported = mirrorExport(newContext(), {
      settings: settingsOf(pair.source.sandbox),
      ...{ modelId, semverRange: undefined, agreesToDisclaimer: true, waitMs: 10_000, intervalMs: 30, seed: SEED },
    })
    await vi.waitFor(async () => {
      const { status } = await pair.source.get(`/api/v2/model/${modelId}/transfers`)
      expect(status).toBe(200)
    })
    const result = await check()
    expect(messagesOf(result)).toEqual([])
    expect((await exported).findings).toEqual([])
    expect(result.transfers.copy.times.map(({ kind, count }) => [kind, count])).toEqual(
      expect.arrayContaining([
        ['file', 2],
        ['image', 1],
      ]),
    )
    expect(result.transfers.copy.slowest[0]?.afterMs).toBeGreaterThan(0)
    expect(result.following?.polls).toBeGreaterThan(1)
    const text = formatMirrorCheck(result)
    expect(text).toMatch(/^slowest to arrive +after/m)
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80)
  })

  it('compares only the versions that are asked for', async () => {
    await exportAll(pair, modelId, ['1.0.0'])
    expect(messagesOf(await check({ semverRange: '1.0.0' }))).toEqual([])
    expect(messagesOf(await check({ waitMs: undefined }))).toEqual([
      'release 1.1.0 is not in the copy',
      'image server:v1 is not in the copy',
    ])
  })

  it('works within one instance, and finds the copy by the settings of either end', async () => {
    const { source } = pair
    const settings = { mirror: { sourceModelId: modelId } }
    const here = await source.createModel({ name: 'Here', kind: 'mirrored-model', settings })
    const both = settingsOf(source.sandbox, { MIRROR_SOURCE_MODEL_ID: modelId, MIRROR_COPY_MODEL_ID: here })
    const result = await check({ source: both, copy: both, from: undefined, waitMs: undefined })
    expect(result.target.modelId).toBe(here)
    expect(messagesOf(result)).toContain('release 1.0.0 is not in the copy')
  })
})

describe('mirror-check of a broken copy finds', () => {
  it('a file that is gone', async () => {
    await exportEverything()
    await pair.copy.delete(`/api/v2/model/${mirrorId}/file/${await fileInCopy('notes.txt')}`)
    expect(messagesOf(await check())).toEqual(['release 1.1.0 lacks the file "notes.txt"'])
  })

  it('a part that was never brought, at both ends, and what it leaves without content', async () => {
    silence()
    await setFaults(pair.copy.sandbox, ['POST /api/v2/model/import/s3 after=1 x1 status=500'])
    expect(await exportEverything()).toBe('failed')
    const [first] = await readReleases(pair.source.sandbox, modelId)
    expect(first?.files.map(({ name }) => name)).toEqual(['weights.bin'])
    const result = await check({ waitMs: 200, verifiesContent: true })
    expect(messagesOf(result)).toEqual([
      'file "weights.bin" failed in the export from the source',
      'file "weights.bin" is still in progress in the import into the copy',
      'release 1.0.0 has the file "weights.bin" without its content',
      'release 1.1.0 has the file "weights.bin" without its content',
    ])
    // What is whole is verified all the same.
    expect(result.content).toMatchObject({ files: 1, layers: 1 })
    expect(result.run.failed).toEqual([])
  })

  it('an image whose bytes never came', async () => {
    silence()
    await setFaults(pair.copy.sandbox, ['POST /api/v2/model/import/s3 after=3 x1 status=500'])
    await exportEverything()
    expect(messagesOf(await check({ waitMs: 100 }))).toEqual([
      `image ${modelId}/server:v1 failed in the export from the source`,
      `image ${mirrorId}/server:v1 is still in progress in the import into the copy`,
      'image server:v1 is not in the copy',
    ])
  })

  it('an import that was refused as a whole', async () => {
    silence()
    await setFaults(pair.copy.sandbox, ['POST /api/v2/model/import/s3 always status=403'])
    await exportEverything()
    const messages = messagesOf(await check({ waitMs: 100 }))
    expect(messages).toEqual(
      expect.arrayContaining([
        'documents failed in the export from the source',
        'card version 2 is not in the copy',
        'release 1.0.0 is not in the copy',
      ]),
    )
  })

  it('another size, another digest, other notes and another card than the source has by now', async () => {
    await exportEverything()
    const { source } = pair
    const [, second] = await readReleases(source.sandbox, modelId)
    const notes = second?.files.find(({ name }) => name === 'notes.txt')
    await source.delete(`/api/v2/model/${modelId}/file/${notes?._id}`)
    const longer = await source.upload(modelId, 'notes.txt', 'longer')
    const images = [{ repository: modelId, name: 'server', tag: 'v1' }]
    const fileIds = [...(second?.fileIds.filter((id) => id !== notes?._id) ?? []), longer]
    const changes = { notes: 'changed', draft: false, fileIds, images, modelCardVersion: 2 }
    await source.put(`/api/v2/model/${modelId}/release/1.1.0`, changes)
    await source.pushImage(modelId, 'server', 'v1', 'layer two')
    await writeCard(pair, modelId, 'something newer')
    const messages = messagesOf(await check({ waitMs: undefined }))
    expect(messages.map((message) => message.replace(/sha256:\w{64}/g, 'sha256:...'))).toEqual([
      'card version 3 is not in the copy',
      'release 1.1.0 has other notes',
      'release 1.1.0 has the file "notes.txt" with 4 instead of 6 bytes',
      'image server:v1 has the digest sha256:... instead of sha256:..., with other layers of the same sizes',
    ])
  })

  it('a release that only the copy has', async () => {
    await exportEverything()
    await pair.source.delete(`/api/v2/model/${modelId}/release/1.0.0`)
    expect(messagesOf(await check())).toEqual(['release 1.0.0 is in the copy and not in the source'])
  })

  it('contents that the seed does not give, each file once, from which byte on', async () => {
    await exportEverything()
    const result = await check({ verifiesContent: true, seed: 'another' })
    expect(
      messagesOf(result)
        .map((message) => message.replace(/byte \d+/, 'byte N'))
        .sort(),
    ).toEqual([
      'file "notes.txt" has other content than the seed gives, from byte N of 4 on',
      'file "weights.bin" has other content than the seed gives, from byte N of 120000 on',
    ])
    expect(result.run.failed).toEqual([])
  })

  it('bytes of files and layers that are missing at their end', async () => {
    await exportEverything()
    await setFaults(pair.copy.sandbox, ['GET /api/v2/model/*/file/*/download x2 truncate=2', 'blob-get x1 truncate=4'])
    const messages = messagesOf(await check({ verifiesContent: true }))
    expect(messages.map((message) => message.replace(/sha256:\w{64}/g, 'sha256:...')).sort()).toEqual([
      'file "notes.txt" has other content than the seed gives, from byte 2 of 4 on',
      'file "weights.bin" has other content than the seed gives, from byte 2 of 120000 on',
      'layer sha256:... has bytes of another digest in the copy',
    ])
  })

  it('that it is the copy of another model, or none at all', async () => {
    const { source, copy } = pair
    const other = await source.createModelWithCard()
    const [first] = messagesOf(await check({ from: other, to: mirrorId, waitMs: undefined }))
    expect(first).toBe(`model ${mirrorId} mirrors ${modelId}, not ${other}`)
    const plain = await copy.createModelWithCard()
    const [second] = messagesOf(await check({ to: plain, waitMs: undefined }))
    expect(second).toBe(`model ${plain} is a model, not a mirrored model`)
  })
})

describe('mirror-check refuses', () => {
  it.each<[string, () => Promise<Partial<MirrorCheckOptions>>, RegExp]>([
    ['no source', () => Promise.resolve({ from: undefined }), /No model is named whose copy/],
    [
      'a source without destination',
      async () => ({ from: await pair.source.createModel() }),
      /no destination is entered/,
    ],
    [
      'a model as its own copy',
      () => Promise.resolve({ to: modelId, copy: settingsOf(pair.source.sandbox) }),
      /are the same model/,
    ],
    ['a copy that is not there', () => Promise.resolve({ to: 'nope-ab12cd' }), /answered 404/],
    ['versions that are not there', () => Promise.resolve({ semverRange: '^7' }), /None of the source.s releases/],
    ['a pause of no time', () => Promise.resolve({ intervalMs: 0 }), /interval of 0/],
  ])('%s', async (_what, change, message) => {
    const failure = await check(await change()).catch((error: unknown) => error)
    expect(failure).toMatchObject({ exitCode: 2, message: expect.stringMatching(message) as string })
    expect((failure as { tryNext: string[] }).tryNext).not.toEqual([])
  })
})
