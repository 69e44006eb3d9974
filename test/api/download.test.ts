import { describe, expect, it } from 'vitest'
import { downloadFile } from '../../src/lib/api/download.js'
import { readAll } from '../content/read-all.js'
import { noise, sha256 } from '../support/bytes.js'
import { BASIC, failureOf, openInstance } from '../support/client.js'
import { bailoError, startServer } from '../support/scripted-server.js'

const BYTES = readAll(noise(3_000_000).open())

it('reads a whole file', async () => {
  const server = await startServer([{ body: await BYTES }])
  const stream = await downloadFile(openInstance(server.origin), 'm', 'f')
  expect(sha256(await readAll(stream))).toBe(sha256(await BYTES))
  expect(server.lines).toEqual(['GET /api/v2/model/m/file/f/download'])
  expect(server.requests[0]?.headers).toMatchObject({ authorization: BASIC })
  expect(server.requests[0]?.headers.range).toBeUndefined()
})

describe('a range', () => {
  it('is asked for with both ends included', async () => {
    const server = await startServer([{ status: 206, body: (await BYTES).subarray(10, 20) }])
    const stream = await downloadFile(openInstance(server.origin), 'm', 'f', { range: { start: 10, end: 20 } })
    expect(await readAll(stream)).toEqual((await BYTES).subarray(10, 20))
    expect(server.requests[0]?.headers.range).toBe('bytes=10-19')
  })

  it('that is answered with the whole file is refused', async () => {
    const server = await startServer([{ body: await BYTES }])
    const download = downloadFile(openInstance(server.origin), 'm', 'f', { range: { start: 10, end: 20 } })
    expect(await failureOf(download)).toMatchObject({ name: 'UnexpectedAnswerError' })
  })

  it('outside of the file is refused by the server', async () => {
    const server = await startServer([bailoError(416, 'Range Not Satisfiable')])
    const download = downloadFile(openInstance(server.origin), 'm', 'f', { range: { start: 10, end: 20 } })
    expect(await failureOf(download)).toMatchObject({ status: 416 })
  })
})

it('ends with its signal', async () => {
  const controller = new AbortController()
  const reason = new Error('interrupted')
  const server = await startServer([{ body: Buffer.alloc(2 ** 24) }])
  const stream = await downloadFile(openInstance(server.origin), 'm', 'f', { signal: controller.signal })
  stream.once('data', () => controller.abort(reason))
  expect(await failureOf(readAll(stream))).toBe(reason)
})
