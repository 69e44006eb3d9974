import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mirrorExport, type MirrorExportOptions } from '../../src/lib/experiments/mirror-export/index.js'
import { formatMirrorExport } from '../../src/lib/report/mirror-export-text.js'
import { TestSandbox, type Keys } from '../sandbox/client.js'
import { setFaults } from '../support/faults.js'
import { newContext, settingsOf } from '../support/in-process.js'

const DESTINATION = 'copy-ab12cd'

let server: TestSandbox
/** A source with two releases, that have a file and an image in common. */
let modelId: string

beforeAll(async () => {
  server = await TestSandbox.start()
  modelId = await createSource()
  await server.put(`/api/v2/model/${modelId}/model-cards`, { metadata: { overview: { modelSummary: 'x' } } })
  const fileIds = [await server.upload(modelId, 'weights.bin', Buffer.alloc(1000, 1))]
  await server.pushImage(modelId, 'server', 'v1', 'layer')
  const images = [{ repository: modelId, name: 'server', tag: 'v1' }]
  await server.createRelease(modelId, '1.0.0', { fileIds })
  await server.createRelease(modelId, '1.1.0', { fileIds, images })
})

afterAll(() => server.close())

const createSource = () => server.createModelWithCard({ settings: { mirror: { destinationModelId: DESTINATION } } })

const optionsFor = (more: Partial<MirrorExportOptions> = {}, keys: Keys = server.sandbox): MirrorExportOptions => ({
  settings: settingsOf({ ...keys, url: server.sandbox.url }),
  modelId,
  semverRange: undefined,
  agreesToDisclaimer: true,
  waitMs: 20_000,
  intervalMs: 50,
  seed: 's',
  ...more,
})

const readTransfers = async (id: string) =>
  (await server.get(`/api/v2/model/${id}/transfers`)).body.transfers as readonly object[] | undefined

describe('mirror-export', () => {
  it('requests all releases, and follows each part to its end', async () => {
    const context = newContext()
    const result = await mirrorExport(context, optionsFor())
    expect(result).toMatchObject({
      destinationModelId: DESTINATION,
      releases: ['1.0.0', '1.1.0'],
      disclaimer: 'What is exported from a sandbox goes nowhere.',
      findings: [],
      transfer: {
        artefacts: [
          { name: 'documents', status: 'completed' },
          { name: 'file "weights.bin"', status: 'completed' },
          { name: `image ${modelId}/server:v1`, status: 'completed' },
        ],
        times: [
          { kind: 'documents', count: 1 },
          { kind: 'file', count: 1 },
          { kind: 'image', count: 1 },
        ],
      },
    })
    // The sandbox copies one part after the other; a slow machine sees several at once, and all of it later.
    const after = result.transfer.artefacts.map(({ afterMs }) => afterMs ?? 0)
    expect(after).toEqual(after.toSorted((a, b) => a - b))
    expect(after[0]).toBeGreaterThan(0)
    expect(result.transfer.slowest[0]?.afterMs).toBe(after.at(-1))
    expect(result.following?.polls).toBeGreaterThan(0)
    expect(await readTransfers(modelId)).toMatchObject([{ _id: result.transferId, status: 'completed' }])
    const text = formatMirrorExport(result)
    expect(text).toMatch(/^images +1 +1 +0 +0 +0 +\d/m)
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80)
  })

  it.each([
    ['a range', '^1.1', ['1.1.0'], 3],
    ['a list', '1.0.0,1.1.0', ['1.0.0', '1.1.0'], 3],
    ['one version', '1.0.0', ['1.0.0'], 2],
  ])('exports the versions of %s', async (_what, semverRange, releases, parts) => {
    const result = await mirrorExport(newContext(), optionsFor({ semverRange, waitMs: undefined }))
    expect(result.releases).toEqual(releases)
    expect(result.transfer.artefacts).toHaveLength(parts)
    expect(result).not.toHaveProperty('following')
    expect(result.findings).toEqual([])
  })

  it('shows in a dry run what it would do and what there is to agree to, and requests nothing', async () => {
    const mark = server.sandbox.requests.length
    const context = newContext({ isDryRun: true })
    const result = await mirrorExport(context, optionsFor({ agreesToDisclaimer: false }))
    expect(result.run.planned).toEqual([`export ${modelId} to ${DESTINATION}`])
    expect(result).not.toHaveProperty('transferId')
    expect(server.sandbox.requests.slice(mark).filter(({ method }) => method !== 'GET')).toEqual([])
    expect(formatMirrorExport(result)).toContain(
      'Disclaimer to agree to: What is exported from a sandbox goes nowhere.',
    )
  })

  it('finds what is not done in time', async () => {
    const result = await mirrorExport(newContext(), optionsFor({ waitMs: 100 }))
    expect(result.findings[0]).toMatchObject({ subject: 'documents', message: 'is still requested in the export' })
    expect(result.findings).toHaveLength(3)
  })

  it('finds the transfer again when the answer is lost, and requests it once', async () => {
    const before = (await readTransfers(modelId))?.length ?? 0
    await setFaults(server.sandbox, ['POST /api/v2/model/*/export/s3 x1 lost'])
    const result = await mirrorExport(newContext(), optionsFor({ waitMs: undefined }))
    const transfers = (await readTransfers(modelId)) ?? []
    expect(transfers).toHaveLength(before + 1)
    expect(transfers[0]).toMatchObject({ _id: result.transferId })
  })

  it('goes on following when a listing fails for a while', async () => {
    const context = newContext({ retryPolicy: { maxRetries: 0, maxElapsedMs: 0, baseDelayMs: 1, maxDelayMs: 1 } })
    await setFaults(server.sandbox, ['GET /api/v2/model/*/transfers after=3 x2 status=502'])
    const result = await mirrorExport(context, optionsFor())
    expect(result).toMatchObject({ findings: [], following: { failedPolls: 2 } })
    expect(context.told).toEqual([expect.stringContaining('which is tried again')])
  })

  it('exports a model without releases as its card alone, and says so', async () => {
    const bare = await createSource()
    const context = newContext()
    const result = await mirrorExport(context, optionsFor({ modelId: bare }))
    expect(result).toMatchObject({ releases: [], findings: [], transfer: { artefacts: [{ name: 'documents' }] } })
    expect(context.told).toEqual([
      expect.stringContaining('has no releases'),
      expect.stringContaining('has only its first, empty version'),
    ])
  })
})

describe('mirror-export refuses', () => {
  it.each<[string, () => Promise<Partial<MirrorExportOptions>>, RegExp, RegExp]>([
    ['no model', () => Promise.resolve({ modelId: undefined }), /No model is named/, /MIRROR_SOURCE_MODEL_ID/],
    [
      'an export that nobody agreed to',
      () => Promise.resolve({ agreesToDisclaimer: false }),
      /agree to its disclaimer, which says: What is exported/,
      /--agree-to-disclaimer/,
    ],
    [
      'a model without destination',
      async () => ({ modelId: await server.createModelWithCard() }),
      /has no destination/,
      /Destination Model ID/,
    ],
    [
      'a mirrored model',
      async () => ({
        modelId: await server.createModel({ kind: 'mirrored-model', settings: { mirror: { sourceModelId: 'a-b' } } }),
      }),
      /is a mirrored-model, a copy of a-b itself/,
      /export its source/,
    ],
    [
      'a model without card',
      async () => ({
        modelId: await server.createModel({ settings: { mirror: { destinationModelId: DESTINATION } } }),
      }),
      /has no model card/,
      /schema/,
    ],
    ['a version that is not there', () => Promise.resolve({ semverRange: '1.0.0,9.9.9' }), /range "9.9.9"/, /--semver/],
    ['what is no range', () => Promise.resolve({ semverRange: '1.0.0,' }), /"" is not a range/, /--semver/],
    ['a pause of no time', () => Promise.resolve({ intervalMs: 0 }), /interval of 0/, /--interval/],
  ])('%s, before it requests anything', async (_what, change, message, advice) => {
    const options = optionsFor(await change())
    const mark = server.sandbox.requests.length
    const failure = await mirrorExport(newContext(), options).catch((error: unknown) => error)
    expect(failure).toMatchObject({ exitCode: 2, message: expect.stringMatching(message) as string })
    expect((failure as { tryNext: string[] }).tryNext.join('\n')).toMatch(advice)
    expect(server.sandbox.requests.slice(mark).filter(({ method }) => method !== 'GET')).toEqual([])
  })

  it.each([
    [['model:read', 'release:read'], /action: model:export/, 'model:export and release:export'],
    [['model:read', 'release:read', 'model:export'], /permissions to export these releases/, 'release:export'],
  ])('a token with %j, as the server does, with what it takes', async (actions, message, advice) => {
    const context = newContext()
    const result = await mirrorExport(context, optionsFor({}, await server.createToken(actions)))
    const [failed] = result.run.failed
    expect(failed?.message).toMatch(message)
    expect(failed?.tryNext.join()).toContain(advice)
    expect(context.run.stopReason).toMatchObject({ exitCode: 3 })
  })

  it('a user who is no owner', async () => {
    const context = newContext()
    const result = await mirrorExport(context, optionsFor({}, server.sandbox.createKeys('somebody')))
    expect(result.run.failed[0]).toMatchObject({
      message: expect.stringContaining('You do not have permission to export a model.') as string,
      tryNext: [expect.stringContaining('an owner of the model')],
    })
  })

  it('files that scanners have not found clean, by name', async () => {
    const scanning = await TestSandbox.start({ scanners: {} })
    try {
      const id = await scanning.createModelWithCard({ settings: { mirror: { destinationModelId: DESTINATION } } })
      const fileIds = [await scanning.upload(id, 'new.bin', 'x')]
      await scanning.createRelease(id, '1.0.0', { fileIds })
      const options = optionsFor({ settings: settingsOf(scanning.sandbox), modelId: id })
      const failure = await mirrorExport(newContext(), options).catch((error: unknown) => error)
      expect(failure).toMatchObject({
        exitCode: 2,
        message: expect.stringContaining('do not have a clean AV scan') as string,
        details: ['incompleteScan: "new.bin"'],
        tryNext: [expect.stringContaining('wait for the scanners')],
      })
    } finally {
      await scanning.close()
    }
  })
})
