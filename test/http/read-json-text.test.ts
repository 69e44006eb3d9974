import { describe, expect, it } from 'vitest'
import { ExitCode } from '../../src/lib/errors.js'
import { MAX_JSON_ANSWER_BYTES, readJsonText } from '../../src/lib/http/read-json-text.js'

const OPERATION = { method: 'GET', path: '/x' }

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
    expect(await readJsonText(OPERATION, pieces(), bytes.length)).toBe(text)
    await expect(readJsonText(OPERATION, pieces(), bytes.length - 1)).rejects.toThrow('was not read')
  })

  it('that does not end is let go of, with advice', async () => {
    let pieces = 0
    const reading = readJsonText(
      OPERATION,
      endless(() => pieces++),
      8 * 1024 * 1024,
    )
    await expect(reading).rejects.toMatchObject({
      message: 'GET /x: the answer is longer than 8 MiB, and was not read.',
      exitCode: ExitCode.Unreachable,
      tryNext: [expect.stringContaining('URL'), expect.stringContaining('smaller model')] as unknown,
    })
    expect(pieces).toBeLessThan(12)
    expect(MAX_JSON_ANSWER_BYTES).toBe(256 * 1024 * 1024)
  })
})
