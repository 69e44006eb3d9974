import http from 'node:http'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { basicAuth, callApi, readFiles } from '../commands/read-instance.js'
import { countRequests, readFaults, setFaults } from '../support/faults.js'
import { startSandboxProcess, type SandboxProcess } from '../support/sandbox-process.js'

const SIZE_BYTES = 160_000_000
/** Before the end, and not at a border between chunks. */
const CUT_BYTES = SIZE_BYTES - 123_456
const LIMIT_BYTES = 200_000_000

let sandbox: SandboxProcess
let files: string
let downloads: string
beforeAll(async () => {
  sandbox = await startSandboxProcess(['--discard'])
  const details = { name: 'm', kind: 'model', description: 'd' }
  const { model } = await callApi<{ model: { id: string } }>(sandbox.instance, 'POST', '/api/v2/models', details)
  files = `/api/v2/model/${model.id}/files/upload/simple?name=f`
  expect(await upload()).toBe(200)
  const [file] = await readFiles(sandbox.instance, model.id)
  downloads = `/api/v2/model/${model.id}/file/${file?._id}/download`
})
afterAll(() => sandbox.close())

function* makeZeros(): Generator<Buffer> {
  const chunk = Buffer.alloc(1_000_000)
  for (let leftBytes = SIZE_BYTES; leftBytes > 0; leftBytes -= chunk.length) yield chunk
}

/** Uploads a large file, and returns the status, or how the connection failed. */
function upload(): Promise<number | string | undefined> {
  return new Promise((resolve) => {
    const headers = { authorization: basicAuth(sandbox.instance), 'content-length': SIZE_BYTES }
    const request = http.request(sandbox.instance.url + files, { method: 'POST', headers, agent: false })
    request.on('error', ({ code }: NodeJS.ErrnoException) => resolve(code))
    request.on('response', (answer) => answer.resume().on('end', () => resolve(answer.statusCode)))
    Readable.from(makeZeros()).pipe(request)
  })
}

/** Downloads the large file, and returns how many bytes came, and how the connection failed if it did. */
function download(): Promise<[number, string | undefined]> {
  return new Promise((resolve) => {
    const headers = { authorization: basicAuth(sandbox.instance) }
    let receivedBytes = 0
    const fail = ({ code }: NodeJS.ErrnoException) => resolve([receivedBytes, code])
    const request = http.get(sandbox.instance.url + downloads, { headers, agent: false }, (answer) => {
      answer.on('data', ({ length }: Buffer) => (receivedBytes += length))
      answer.on('end', () => resolve([receivedBytes, undefined]))
      answer.on('error', fail)
    })
    request.on('error', fail)
  })
}

describe.skipIf(process.platform !== 'linux')(
  'the memory of a faulty sandbox (read from /proc, so on Linux only)',
  () => {
    test('stays under 200 MB, whatever goes wrong with 160 MB', async () => {
      await setFaults(sandbox.instance, [
        'file-upload x1 status=503',
        `file-upload x1 reset-request=${CUT_BYTES}`,
        'file-upload x1 lost',
        'file-upload x1 delay=500ms hold=500ms lost status=504',
        `file-download x1 truncate=${CUT_BYTES}`,
        'file-download x1 trickle=1GB/s wrong-length=+10',
        `file-download x1 trickle=10GB/s reset-response=${CUT_BYTES}`,
      ])
      expect(await upload()).toBe(503)
      expect(await upload()).toMatch(/^(ECONNRESET|EPIPE)$/)
      expect(await upload()).toBe('ECONNRESET')
      expect(await upload()).toBe(504)
      expect(await download()).toEqual([CUT_BYTES, undefined])
      expect(await download()).toEqual([SIZE_BYTES, 'ECONNRESET'])
      const [receivedBytes, failure] = await download()
      expect([receivedBytes <= CUT_BYTES, receivedBytes > CUT_BYTES - 10_000_000, failure]).toEqual([
        true,
        true,
        'ECONNRESET',
      ])
      expect((await readFaults(sandbox.instance)).map(({ hits }) => hits)).toEqual([1, 1, 1, 1, 1, 1, 1])
      expect(await sandbox.readPeakBytes()).toBeLessThan(LIMIT_BYTES)
    })

    test('does not grow with the number of requests that go wrong', async () => {
      await setFaults(sandbox.instance, ['/nothing p=0.5 status=503', '/nothing empty'])
      const agent = new http.Agent({ keepAlive: true, maxSockets: 8 })
      const ask = () =>
        new Promise<void>((resolve, reject) => {
          const request = http.get(`${sandbox.instance.url}/nothing`, { agent }, (answer) =>
            answer.resume().on('end', resolve),
          )
          request.on('error', reject)
        })
      for (let round = 0; round < 20; round++) await Promise.all(Array.from({ length: 100 }, ask))
      agent.destroy()
      const [first, second] = await readFaults(sandbox.instance)
      expect([first?.calls, (first?.hits ?? 0) + (second?.hits ?? 0)]).toEqual([2000, 2000])
      expect((await countRequests(sandbox.instance)).routes['GET (unknown route)']).toBe(2000)
      expect(await sandbox.readPeakBytes()).toBeLessThan(LIMIT_BYTES)
    })
  },
)
