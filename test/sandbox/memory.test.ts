import { createHash } from 'node:crypto'
import type { Readable } from 'node:stream'
import pLimit from 'p-limit'
import { Agent, request } from 'undici'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { syntheticSource } from '../../src/lib/content/sources.js'
import { basicAuth, callApi, readFiles, type Instance } from '../commands/read-instance.js'
import { startSandboxProcess, type SandboxProcess } from '../support/sandbox-process.js'

const UPLOADS = 64
const SIZE_BYTES = 20_000_000
const LIMIT_BYTES = 200_000_000

let sandbox: SandboxProcess
let instance: Instance
beforeEach(async () => {
  sandbox = await startSandboxProcess()
  instance = sandbox.instance
})
afterEach(() => sandbox.close())

function openContent(name: string): Readable {
  return syntheticSource({ sizeBytes: SIZE_BYTES, fill: 'noise', seed: 'memory', name }).open()
}

async function hash(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const digest = createHash('sha256')
  for await (const chunk of bytes) digest.update(chunk)
  return digest.digest('hex')
}

describe.skipIf(process.platform !== 'linux')('the memory of a sandbox (read from /proc, so on Linux only)', () => {
  test('stays under 200 MB with 64 uploads of 20 MB at once, which all arrive', async () => {
    const { model } = await callApi<{ model: { id: string } }>(instance, 'POST', '/api/v2/models', {
      name: 'm',
      kind: 'model',
      description: 'd',
    })
    const agent = new Agent({ connections: UPLOADS })
    const names = Array.from({ length: UPLOADS }, (_, index) => `file-${index}`)
    const authorization = basicAuth(instance)
    const send = async (name: string) => {
      const { statusCode, body } = await request(
        `${instance.url}/api/v2/model/${model.id}/files/upload/simple?name=${name}`,
        {
          dispatcher: agent,
          method: 'POST',
          headers: { authorization, 'content-length': String(SIZE_BYTES) },
          body: openContent(name),
        },
      )
      await body.dump()
      return statusCode
    }
    expect(await Promise.all(names.map(send))).toEqual(names.map(() => 200))
    const peakBytes = await sandbox.readPeakBytes()
    expect(peakBytes).toBeGreaterThan(0)
    expect(peakBytes).toBeLessThan(LIMIT_BYTES)

    const files = await readFiles(instance, model.id)
    expect(files.map(({ name, size }) => `${name} ${size}`).sort()).toEqual(
      names.map((n) => `${n} ${SIZE_BYTES}`).sort(),
    )
    const limit = pLimit(8)
    const compare = async ({ _id, name }: (typeof files)[number]) => {
      const url = `${instance.url}/api/v2/model/${model.id}/file/${_id}/download`
      const { body } = await request(url, { dispatcher: agent, headers: { authorization } })
      return [name, await hash(body), await hash(openContent(name))]
    }
    const compared = await Promise.all(files.map((file) => limit(() => compare(file))))
    expect(compared.filter(([, stored, sent]) => stored !== sent)).toEqual([])
    await agent.close()
  })
})
