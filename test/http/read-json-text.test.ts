import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { ExitCode } from '../../src/lib/errors.js'
import { Connection, type Answer } from '../../src/lib/http/connection.js'
import { MAX_JSON_ANSWER_BYTES, readJsonText } from '../../src/lib/http/read-json-text.js'

const OPERATION = { method: 'GET', path: '/x' }

const LONG_BYTES = 4 * 1024 * 1024

/** An answer of undici's that does not say how long it is, as far as it is read here. */
function answer(body: AsyncIterable<Uint8Array>): Answer {
  return { status: 200, headers: new Headers(), body: Readable.from(body) as Answer['body'] }
}

describe('a JSON answer', () => {
  async function* endless(onPiece: () => void): AsyncGenerator<Uint8Array> {
    for (;;) {
      onPiece()
      yield await Promise.resolve(Buffer.alloc(1024 * 1024, 0x20))
    }
  }

  it('is read whole up to the limit, in any language', async () => {
    const text = '{"name":"Größe 量"}'
    const bytes = Buffer.from(text)
    async function* pieces(): AsyncGenerator<Uint8Array> {
      for (const byte of bytes) yield await Promise.resolve(Buffer.from([byte]))
    }
    expect(await readJsonText(OPERATION, answer(pieces()), bytes.length)).toBe(text)
    await expect(readJsonText(OPERATION, answer(pieces()), bytes.length - 1)).rejects.toThrow('was not read')
  })

  it('that does not end is let go of, with advice', async () => {
    let pieces = 0
    const reading = readJsonText(OPERATION, answer(endless(() => pieces++)), 8 * 1024 * 1024)
    await expect(reading).rejects.toMatchObject({
      message: 'GET /x: the answer is longer than 8 MiB, and was not read.',
      exitCode: ExitCode.Unreachable,
      tryNext: [expect.stringContaining('URL'), expect.stringContaining('smaller model')] as unknown,
    })
    expect(pieces).toBeLessThan(12)
    expect(MAX_JSON_ANSWER_BYTES).toBe(256 * 1024 * 1024)
  })

  it.each([
    ['is refused when it is longer', LONG_BYTES - 1],
    ['is read when it is not', LONG_BYTES],
  ])('that says how long it is %s, and the connection serves the next one', async (_case, maxBytes) => {
    const text = '{}'.padEnd(LONG_BYTES)
    const server = createServer((_request, response) => response.end(text)).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const connection = new Connection({ origin: `http://127.0.0.1:${port}`, credentials: undefined, userAgent: 'test' })
    const read = (): Promise<string> =>
      connection.send(OPERATION, { url: '/x', isRepeatable: true }, (whole) => readJsonText(OPERATION, whole, maxBytes))
    try {
      if (maxBytes === LONG_BYTES) expect([await read(), await read()]).toEqual([text, text])
      else for (let time = 0; time < 2; time++) await expect(read()).rejects.toThrow('the answer is longer than')
    } finally {
      await connection.close()
      server.close()
    }
  })
})
