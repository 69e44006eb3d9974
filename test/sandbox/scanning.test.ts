import { afterEach, describe, expect, test, vi } from 'vitest'
import type { ScannerOptions } from '../../src/lib/sandbox/index.js'
import { bailoError, SOME_ID, SOME_TEXT, TestSandbox } from './client.js'

const TIMES: ScannerOptions = { waitMs: 1000, baseMs: 2000, perMebibyteMs: 4000 }
const WAITED_MS = 1500
const LONG_MS = 3_600_000

let server: TestSandbox | undefined
afterEach(async () => {
  vi.useRealTimers()
  await server?.close()
})

async function start(scanners?: ScannerOptions): Promise<{ server: TestSandbox; modelId: string }> {
  // Only the clock: the server's own timers go on.
  vi.useFakeTimers({ toFake: ['Date'] })
  server = await TestSandbox.start(scanners === undefined ? {} : { scanners })
  return { server, modelId: await server.createModelWithCard() }
}

function passTime(byMs: number): void {
  vi.setSystemTime(Date.now() + byMs)
}

async function statesOf(sandbox: TestSandbox, modelId: string, name: string): Promise<(string | undefined)[]> {
  const { body } = await sandbox.get(`/api/v2/model/${modelId}/files`)
  return (body.files.find((file) => file.name === name)?.scanResults ?? []).map(({ state }) => state)
}

describe('an instance without scanners', () => {
  test('lists none and never has results', async () => {
    const { server, modelId } = await start()
    expect((await server.get('/api/v2/filescanning/info')).body).toEqual({ scanners: [] })
    const fileId = await server.upload(modelId, 'eicar.txt', 'x')
    await server.pushImage(modelId, 'img', 'v1', 'layer')
    passTime(LONG_MS)
    const rescan = await server.put(`/api/v2/filescanning/model/${modelId}/file/${fileId}/scan`, {})
    expect([rescan.status, rescan.text]).toEqual([200, '{"status":"Scan started"}'])
    await server.put(`/api/v2/filescanning/model/${modelId}/image/img/v1/scan`, {})
    expect(await statesOf(server, modelId, 'eicar.txt')).toEqual([])
    const { body } = await server.get(`/api/v2/model/${modelId}/images`)
    expect(body.images[0]?.scanSummaries).toEqual([])
  })
})

describe('files', () => {
  test('are scanned by every scanner of files, one after the wait', async () => {
    const { server, modelId } = await start(TIMES)
    expect((await server.get('/api/v2/filescanning/info')).body).toEqual({
      scanners: [
        { toolName: 'Clam AV', scannerVersion: 'simulated', artefactKind: 'file' },
        { toolName: 'ModelScan', scannerVersion: 'simulated', artefactKind: 'file' },
        { toolName: 'Trivy', scannerVersion: 'simulated', artefactKind: 'image' },
      ],
    })
    await server.upload(modelId, 'a.bin', 'x')
    expect(await statesOf(server, modelId, 'a.bin')).toEqual(['notScanned', 'notScanned'])
    passTime(WAITED_MS)
    expect(await statesOf(server, modelId, 'a.bin')).toEqual(['inProgress', 'inProgress'])
    passTime(LONG_MS)
    expect(await statesOf(server, modelId, 'a.bin')).toEqual(['complete', 'complete'])
  })

  test('take longer when they are larger', async () => {
    const { server, modelId } = await start(TIMES)
    await server.upload(modelId, 'small', 'x')
    await server.upload(modelId, 'large', Buffer.alloc(2 * 1024 * 1024))
    passTime(1000 + 2000 + 4000)
    expect(await statesOf(server, modelId, 'small')).toEqual(['complete', 'complete'])
    expect(await statesOf(server, modelId, 'large')).toEqual(['inProgress', 'inProgress'])
    passTime(4000)
    expect(await statesOf(server, modelId, 'large')).toEqual(['complete', 'complete'])
  })

  test('are judged by their names', async () => {
    const { server, modelId } = await start(TIMES)
    for (const name of ['EICAR.com', 'error.bin', 'skip-me', 'my-eicar']) await server.upload(modelId, name, 'x')
    passTime(WAITED_MS)
    expect(await statesOf(server, modelId, 'skip-me')).toEqual(['skipped', 'skipped'])
    const { body: early } = await server.get(`/api/v2/model/${modelId}/files`)
    expect(early.files[0]?.scanResults?.[0]).not.toHaveProperty('summary')
    passTime(LONG_MS)
    expect(await statesOf(server, modelId, 'error.bin')).toEqual(['error', 'error'])
    const { body } = await server.get(`/api/v2/model/${modelId}/files`)
    const [bad, failed, , clean] = body.files
    expect(bad?.scanResults).toEqual([
      {
        _id: SOME_ID,
        id: SOME_ID,
        artefactKind: 'file',
        fileId: bad?.id,
        toolName: 'Clam AV',
        scannerVersion: 'simulated',
        state: 'complete',
        summary: [{ severity: 'critical', vulnerabilityDescription: 'Eicar-Test-Signature' }],
        lastRunAt: SOME_TEXT,
      },
      expect.objectContaining({ toolName: 'ModelScan', state: 'complete', summary: [] }),
    ])
    expect(failed?.scanResults?.[0]).not.toHaveProperty('summary')
    expect(clean?.scanResults?.map(({ summary }) => summary)).toEqual([[], []])
  })

  test('uploaded in parts are scanned once they are finished', async () => {
    const { server, modelId } = await start(TIMES)
    const path = `/api/v2/model/${modelId}/files/upload/multipart`
    const { body: started } = await server.post(`${path}/start`, { name: 'parts.bin', size: 3 })
    passTime(LONG_MS)
    expect(await statesOf(server, modelId, 'parts.bin')).toEqual([])
    const query = `fileId=${started.fileId}&uploadId=${started.uploadId}&partNumber=1`
    const { body: part } = await server.send('POST', `${path}/part?${query}`, 'xyz')
    const { fileId, uploadId } = started
    await server.post(`${path}/finish`, { fileId, uploadId, parts: [{ ETag: part.ETag, PartNumber: 1 }] })
    expect(await statesOf(server, modelId, 'parts.bin')).toEqual(['notScanned', 'notScanned'])
  })

  test('show their results in a release as well, and not in what an upload answers', async () => {
    const { server, modelId } = await start(TIMES)
    const { body: uploaded } = await server.send('POST', `/api/v2/model/${modelId}/files/upload/simple?name=a`, 'x')
    expect(uploaded.file).not.toHaveProperty('scanResults')
    await server.createRelease(modelId, '1.0.0', { fileIds: [uploaded.file.id] })
    const { body } = await server.get(`/api/v2/model/${modelId}/release/1.0.0`)
    expect(body.release.files[0]?.scanResults?.map(({ toolName }) => toolName)).toEqual(['Clam AV', 'ModelScan'])
  })
})

describe('a rescan of a file', () => {
  test('begins again', async () => {
    const { server, modelId } = await start(TIMES)
    const fileId = await server.upload(modelId, 'a', 'x')
    passTime(LONG_MS)
    const path = `/api/v2/filescanning/model/${modelId}/file/${fileId}/scan`
    expect((await server.put(path, {})).text).toBe('{"status":"Scan started"}')
    expect(await statesOf(server, modelId, 'a')).toEqual(['notScanned', 'notScanned'])
    passTime(LONG_MS)
    expect(await statesOf(server, modelId, 'a')).toEqual(['complete', 'complete'])
  })

  test('is refused soon after the last one, when the instance is set so', async () => {
    const { server, modelId } = await start({ waitMs: 0, rescanDelayMinutes: 60 })
    const fileId = await server.upload(modelId, 'a.bin', 'x')
    const path = `/api/v2/filescanning/model/${modelId}/file/${fileId}/scan`
    passTime(58 * 60_000)
    const early = await server.put(path, {})
    expect([early.status, early.body.error.message]).toEqual([
      400,
      'Please wait 2 minutes before attempting a rescan a.bin',
    ])
    passTime(60_000)
    expect((await server.put(path, {})).body.error.message).toBe(
      'Please wait 1 minute before attempting a rescan a.bin',
    )
    passTime(60_000)
    expect((await server.put(path, {})).status).toBe(200)
  })

  test('needs a file with bytes, and rights on file and model', async () => {
    const { server, modelId } = await start(TIMES)
    const fileId = await server.upload(modelId, 'a', 'x')
    const path = (id: string) => `/api/v2/filescanning/model/${modelId}/file/${id}/scan`
    const { body } = await server.post(`/api/v2/model/${modelId}/files/upload/multipart/start`, { name: 'p', size: 1 })
    const unfinished = await server.put(path(body.fileId), {})
    expect([unfinished.status, unfinished.body]).toEqual([400, bailoError('Cannot run scan on an empty file')])
    expect((await server.put(path('000000000000000000000000'), {})).status).toBe(404)
    const refusalWith = async (actions: string[]) => {
      const answer = await server.put(path(fileId), {}, { keys: await server.createToken(actions) })
      expect(answer.status).toBe(403)
      return answer.body.error
    }
    expect(await refusalWith(['model:read', 'file:read'])).toMatchObject({
      message: 'This token is missing the required action: file:write',
      context: { userDn: 'user', modelId, file: { id: fileId } },
    })
    expect(await refusalWith(['model:read', 'file:read', 'file:write'])).toMatchObject({
      message: 'This token is missing the required action: model:write',
      context: { userDn: 'user' },
    })
  })
})

describe('images', () => {
  async function lookAt(sandbox: TestSandbox, modelId: string, name: string) {
    const { body } = await sandbox.get(`/api/v2/model/${modelId}/image/${name}/v1`)
    return (body as unknown as { imageBreakdown: Record<string, unknown> }).imageBreakdown
  }

  test('are scanned from the first look on, and summarised by tag', async () => {
    const { server, modelId } = await start(TIMES)
    const digest = await server.pushImage(modelId, 'eicar', 'v1', 'layer')
    await server.pushImage(modelId, 'good', 'v1', 'layer')
    expect(await lookAt(server, modelId, 'eicar')).toMatchObject({ digest, state: 'notScanned' })
    passTime(WAITED_MS)
    const summaries = async () => {
      const { body } = await server.get(`/api/v2/model/${modelId}/images`)
      return body.images.map(({ scanSummaries }) => scanSummaries)
    }
    expect((await summaries()).map(([first]) => first?.state)).toEqual(['inProgress', 'notScanned'])
    passTime(LONG_MS)
    const none = { unknown: 0, low: 0, medium: 0, high: 0, critical: 0 }
    expect(await summaries()).toEqual([
      [{ state: 'complete', severityCounts: { tag: 'v1', severity: { ...none, high: 1 } }, imageSize: 7 }],
      [{ state: 'complete', severityCounts: { tag: 'v1', severity: none }, imageSize: 7 }],
    ])
    expect(await lookAt(server, modelId, 'eicar')).toMatchObject({
      severityCounts: { ...none, high: 1 },
      scanResults: [{ artefactKind: 'image', toolName: 'Trivy', state: 'complete' }],
    })
  })

  test('are scanned again on demand, and when their tag moves', async () => {
    const { server, modelId } = await start(TIMES)
    await server.pushImage(modelId, 'img', 'v1', 'layer')
    await lookAt(server, modelId, 'img')
    passTime(LONG_MS)
    expect(await lookAt(server, modelId, 'img')).toMatchObject({ state: 'complete' })
    await server.put(`/api/v2/filescanning/model/${modelId}/image/img/v1/scan`, {})
    expect(await lookAt(server, modelId, 'img')).toMatchObject({ state: 'notScanned' })
    passTime(LONG_MS)
    await server.pushImage(modelId, 'img', 'v1', 'another layer')
    expect(await lookAt(server, modelId, 'img')).toMatchObject({ state: 'notScanned' })
  })

  test('need rights, and must be there', async () => {
    const { server, modelId } = await start(TIMES)
    await server.pushImage(modelId, 'img', 'v1', 'layer')
    const path = (tag: string) => `/api/v2/filescanning/model/${modelId}/image/img/${tag}/scan`
    const unknown = await server.put(path('v2'), {})
    expect([unknown.status, unknown.body.error.message]).toEqual([404, 'Image does not exist'])
    const refusalOf = async (actions: string[]) => {
      const { status, body } = await server.put(path('v1'), {}, { keys: await server.createToken(actions) })
      return [status, body]
    }
    const image = { repository: modelId, name: 'img', tag: 'v1' }
    expect(await refusalOf(['model:read', 'model:write', 'image:write'])).toEqual([
      403,
      bailoError('This token is missing the required action: image:read', { userDn: 'user', modelId, image }),
    ])
    expect(await refusalOf(['model:read', 'image:read', 'image:write'])).toEqual([
      403,
      bailoError('This token is missing the required action: model:write', { userDn: 'user' }),
    ])
    expect(await refusalOf(['model:read', 'image:read', 'model:write'])).toEqual([200, { status: 'Scan started' }])
  })

  test('are not scanned again before the delay has passed', async () => {
    const { server, modelId } = await start({ waitMs: 0, rescanDelayMinutes: 60 })
    await server.pushImage(modelId, 'img', 'v1', 'layer')
    const rescan = async () => {
      const { status, body } = await server.put(`/api/v2/filescanning/model/${modelId}/image/img/v1/scan`, {})
      return status === 200 ? status : [status, body.error.message]
    }
    expect(await rescan()).toBe(200)
    const refusal = `Please wait 60 minutes before attempting a rescan ${modelId}/img:v1`
    expect(await rescan()).toEqual([400, refusal])
    passTime(LONG_MS)
    expect(await rescan()).toBe(200)
  })
})
