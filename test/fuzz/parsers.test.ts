import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseDuration } from '../../src/lib/content/duration.js'
import { readEnvFile, setEnvFileKey } from '../../src/lib/config/env-file.js'
import { loadSettings } from '../../src/lib/config/settings.js'
import { parseRate, parseSize } from '../../src/lib/content/size.js'
import { ExpectedError } from '../../src/lib/errors.js'
import { readDump } from '../../src/lib/experiments/clone-releases/dump.js'
import { toReleaseSkeletons } from '../../src/lib/experiments/skeleton/release-skeleton.js'
import { parseVersionRange } from '../../src/lib/experiments/skeleton/select.js'
import { toResponseError } from '../../src/lib/http/errors.js'
import { showServerText } from '../../src/lib/http/server-text.js'
import { parseEntry } from '../../src/lib/run/journal/entries.js'
import { readJournal } from '../../src/lib/run/journal/read-journal.js'
import { parseFaultRule } from '../../src/lib/sandbox/index.js'
import { oddJson, oddText, TAKES_EFFECT } from './odd-text.js'

let directory: string

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'bailo-exp-fuzz-'))
})

afterAll(() => rm(directory, { recursive: true }))

/** What a parser may do with anything: return, or say in words what is wrong. Everything else is a defect. */
async function returnsOrExplains(parse: () => unknown): Promise<void> {
  try {
    await parse()
  } catch (error) {
    if (!(error instanceof ExpectedError)) throw error
    expect(error.message).not.toBe('')
  }
}

async function writeText(name: string, text: string): Promise<string> {
  const file = path.join(directory, name)
  await writeFile(file, text)
  return file
}

const RUNS = { numRuns: 300 }

describe('any text', () => {
  it.each([
    ['a size', parseSize],
    ['a rate', parseRate],
    ['a duration', parseDuration],
    ['a fault rule', parseFaultRule],
    ['a range of versions', (text: string) => parseVersionRange(text)],
  ])('as %s is understood or explained', async (_name, parse) => {
    await fc.assert(
      fc.asyncProperty(oddText, (text) => returnsOrExplains(() => parse(text))),
      RUNS,
    )
  })

  it('is shown without anything that takes effect on a terminal', () => {
    fc.assert(
      fc.property(fc.oneof(oddText, fc.string({ unit: 'binary', maxLength: 200 })), (text) => {
        expect(showServerText(text)).not.toMatch(TAKES_EFFECT)
      }),
      RUNS,
    )
  })

  it('as a dotenv file is read or explained, and a key that is written comes back', async () => {
    await fc.assert(
      fc.asyncProperty(oddText, oddText, async (before, after) => {
        const file = await writeText('fuzz.env', `${before}\nURL=http://localhost:8080\n${after}`)
        await returnsOrExplains(() => readEnvFile(file, { mayBeAbsent: false }))
        await returnsOrExplains(() => loadSettings({ envFile: file, environment: {} }))
        expect(({} as Record<string, unknown>)['URL']).toBeUndefined()
        const plain = await writeText('plain.env', `A=1\n# ${before.replace(/[\r\n]/g, '')}\nB=2\n`)
        await setEnvFileKey(plain, 'MODEL_ID', 'my-model-ab12cd')
        const values = await readEnvFile(plain, { mayBeAbsent: false })
        expect([values.get('A'), values.get('B'), values.get('MODEL_ID')]).toEqual(['1', '2', 'my-model-ab12cd'])
        expect(await readFile(plain, 'utf8')).toContain('A=1\n# ')
      }),
      RUNS,
    )
  })
})

const releaseField = fc.oneof(
  oddText,
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.array(oddText, { maxLength: 3 }),
)
const oddRelease = fc.dictionary(
  fc.constantFrom(
    'semver',
    'notes',
    'minor',
    'draft',
    'files',
    'fileIds',
    'images',
    '_id',
    'createdAt',
    '__proto__',
    'x',
  ),
  releaseField,
)

describe('any document', () => {
  it('as a dump of releases is read or explained', async () => {
    const dump = fc.oneof(
      oddJson,
      fc.array(oddRelease, { maxLength: 4 }).map((releases) => JSON.stringify({ releases })),
      fc.array(oddRelease, { maxLength: 4 }).map((releases) => JSON.stringify(releases)),
    )
    await fc.assert(
      fc.asyncProperty(dump, async (text) => {
        const file = await writeText('dump.json', text)
        await returnsOrExplains(async () => toReleaseSkeletons(await readDump(file)))
      }),
      RUNS,
    )
  })

  it('as a line of a journal is an entry or a reason, and as a journal read or explained', async () => {
    const entry = fc.oneof(
      oddJson,
      fc
        .record({
          type: fc.constantFrom(
            'run',
            'target',
            'started',
            'note',
            'done',
            'failed',
            'resumed',
            'end',
            'removed',
            '__proto__',
          ),
          key: releaseField,
          result: fc.jsonValue(),
          created: fc.oneof(fc.jsonValue(), oddRelease),
          exitCode: releaseField,
          at: oddText,
        })
        .map((record) => JSON.stringify(record)),
    )
    const header = JSON.stringify({
      ...{ type: 'run', format: 1, id: 'abcdefgh', command: 'clone-releases', version: '0.1.0', args: [], cwd: '/' },
      startedAt: '2026-01-01T00:00:00.000Z',
    })
    await fc.assert(
      fc.asyncProperty(fc.array(entry, { maxLength: 5 }), fc.boolean(), async (lines, isTorn) => {
        for (const line of lines) expect(['string', 'object']).toContain(typeof parseEntry(line))
        const text = [header, ...lines].map((line) => line.replaceAll('\n', ' ')).join('\n')
        const file = await writeText('abcdefgh.jsonl', isTorn ? text : `${text}\n`)
        await returnsOrExplains(() => readJournal(file))
        expect(({} as Record<string, unknown>)['isAdmin']).toBeUndefined()
      }),
      RUNS,
    )
  })

  it('as an error answer becomes one readable error', () => {
    const types = ['application/json', 'application/json; charset=utf-8', 'text/html', 'text/plain', '']
    fc.assert(
      fc.property(
        oddJson,
        fc.constantFrom(...types),
        fc.integer({ min: 300, max: 599 }),
        oddText,
        (body, type, status, after) => {
          const headers = new Map([
            ['content-type', type],
            ['retry-after', after],
          ])
          const error = toResponseError(
            { method: 'GET', path: '/x' },
            { origin: 'http://x', status, headers: { get: (name) => headers.get(name) ?? null }, body },
          )
          expect(error.message).not.toMatch(TAKES_EFFECT)
          expect(error.retryAfterMs ?? 0).toBeGreaterThanOrEqual(0)
        },
      ),
      RUNS,
    )
  })
})
