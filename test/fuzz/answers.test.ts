import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { listFiles } from '../../src/lib/api/files.js'
import { listImages } from '../../src/lib/api/images.js'
import { getModel, hasModelCard } from '../../src/lib/api/models.js'
import { listReleases } from '../../src/lib/api/releases.js'
import { ExpectedError } from '../../src/lib/errors.js'
import { openInstance } from '../support/client.js'
import { startServer, type Reply } from '../support/scripted-server.js'
import { oddJson, oddText } from './odd-text.js'

/** Names of Bailo's answers, with values that may be anything. */
const nearlyRight = fc
  .record(
    {
      model: fc.jsonValue(),
      modelCard: fc.jsonValue(),
      releases: fc.oneof(
        fc.jsonValue(),
        fc.array(fc.record({ semver: oddText, notes: oddText, files: fc.jsonValue() }), { maxLength: 2 }),
      ),
      files: fc.oneof(
        fc.jsonValue(),
        fc.array(fc.record({ _id: oddText, name: oddText, size: fc.double() }), { maxLength: 2 }),
      ),
      images: fc.jsonValue(),
    },
    { requiredKeys: [] },
  )
  .map((value) => JSON.stringify(value))

const CALLS = { getModel, hasModelCard, listFiles, listImages, listReleases }

describe('any answer of a server', () => {
  it.each(Object.entries(CALLS))('to %s is taken or explained', async (_name, call) => {
    let reply: Reply = { status: 200 }
    const server = await startServer(() => reply)
    const instance = openInstance(server.origin, {
      retryPolicy: { maxRetries: 0, maxElapsedMs: 1, baseDelayMs: 1, maxDelayMs: 1 },
    })
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(nearlyRight, oddJson),
        fc.constantFrom(200, 200, 200, 201, 204, 302, 400, 401, 404, 429, 500, 503),
        fc.constantFrom('application/json', 'text/html', 'text/plain'),
        async (body, status, type) => {
          reply = { status, headers: { 'content-type': type }, ...(status !== 204 && { body }) }
          try {
            await call(instance, 'a-model-ab12cd')
            expect(status).toBeLessThan(300)
          } catch (error) {
            if (!(error instanceof ExpectedError)) throw error
            expect(error.message).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/)
          }
        },
      ),
      { numRuns: 80 },
    )
  })
})
