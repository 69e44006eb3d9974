import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ConnectionError, ResponseError } from '../../src/lib/http/errors.js'
import { JOURNAL_FORMAT } from '../../src/lib/run/journal/entries.js'
import { Journal } from '../../src/lib/run/journal/journal.js'
import { Run, type RunOptions, type Step } from '../../src/lib/run/run.js'
import { failureOf, QUICK } from '../support/client.js'

const OPERATION = { method: 'POST', path: '/x' }
const LOST = new ConnectionError(OPERATION, 'http://a', Object.assign(new Error('raw'), { code: 'ECONNRESET' }), false)
const answered = (status: number): ResponseError =>
  new ResponseError(OPERATION, { origin: 'http://bailo.example', status, serverMessage: 'm' })

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bailo-exp-journal-'))
})

afterEach(() => rm(directory, { recursive: true }))

const ID = 'k3f9x2ab'

function createJournal(): Journal {
  return Journal.create(join(directory, 'runs'), {
    format: JOURNAL_FORMAT,
    id: ID,
    command: 'c',
    version: '1',
    args: [],
    cwd: '/',
    startedAt: new Date().toISOString(),
  })
}

const openJournal = (): Promise<Journal> => Journal.open(join(directory, 'runs'), ID, '1')

function createRun(journal: Journal | undefined, options: Partial<RunOptions> = {}): Run {
  return new Run({ concurrency: 4, isDryRun: false, retryPolicy: QUICK, ...(journal && { journal }), ...options })
}

/** The lines of the journal but for the first, without what is of no interest. */
async function readTypes(): Promise<string[]> {
  const text = await readFile(join(directory, 'runs', `${ID}.jsonl`), 'utf8')
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { type: string; key?: string })
  return lines.map(({ type, key }) => (key === undefined ? type : `${type} ${key}`))
}

/** A step that makes things on a server, and counts how often it was asked to. */
function makeThings(outcomes: readonly (Error | 'made')[], more: Partial<Step<string>> = {}) {
  const server = { things: 0, requests: 0, searches: 0 }
  const step: Step<string> = {
    kind: 'thing',
    name: 'a',
    planned: 'id',
    find: () => {
      server.searches++
      return Promise.resolve(server.things > 0 ? 'id' : undefined)
    },
    ...more,
  }
  const action = (): Promise<string> => {
    const outcome = outcomes[server.requests++] ?? 'made'
    if (outcome === 'made' || (outcome as { happened?: boolean }).happened) server.things++
    return outcome === 'made' ? Promise.resolve('id') : Promise.reject(outcome)
  }
  return { server, step, action }
}

/** The same failure, after which the thing is there all the same. */
function butItHappened(failure: Error): Error {
  return Object.assign(Object.create(Object.getPrototypeOf(failure) as object) as Error, failure, {
    message: failure.message,
    happened: true,
  })
}

describe('a step whose outcome is uncertain', () => {
  it.each([
    ['a lost connection', LOST],
    ['502', answered(502)],
    ['504', answered(504)],
    ['408', answered(408)],
    ['500', answered(500)],
  ])('after %s is not repeated when it has happened', async (_case, failure) => {
    const { server, step, action } = makeThings([butItHappened(failure)])
    const run = createRun(undefined)
    expect(await run.step(step, action)).toBe('id')
    expect(server).toEqual({ things: 1, requests: 1, searches: 1 })
    expect(run.report()).toMatchObject({ failed: [], steps: [{ done: 1 }] })
  })

  it.each([
    ['a lost connection', LOST],
    ['502', answered(502)],
    ['408', answered(408)],
  ])('after %s is repeated when it has not happened', async (_case, failure) => {
    const { server, step, action } = makeThings([failure, failure])
    const run = createRun(undefined)
    expect(await run.step(step, action)).toBe('id')
    expect(server).toEqual({ things: 1, requests: 3, searches: 2 })
    expect(run.report()).toMatchObject({ retries: 2, steps: [{ done: 1, retried: 2 }] })
  })

  it('is looked up again when the second attempt is refused because the first came late', async () => {
    const { server, step, action } = makeThings([LOST, butItHappened(answered(400))])
    expect(await createRun(undefined).step(step, action)).toBe('id')
    expect(server).toMatchObject({ requests: 2, searches: 2 })
  })

  it('after a 500 is looked up, and repeated only where it says that this passes', async () => {
    const plain = makeThings([answered(500)])
    expect(await failureOf(createRun(undefined).step(plain.step, plain.action))).toMatchObject({ status: 500 })
    expect(plain.server).toEqual({ things: 0, requests: 1, searches: 1 })
    const racing = makeThings([answered(500)], { isRetryable: (error) => (error as ResponseError).status === 500 })
    expect(await createRun(undefined).step(racing.step, racing.action)).toBe('id')
    expect(racing.server.requests).toBe(2)
  })

  it('fails, and says that it may have happened, when it cannot look', async () => {
    const { server, step, action } = makeThings([LOST])
    const blind = { kind: step.kind, name: step.name, planned: step.planned }
    const run = createRun(undefined)
    expect(await failureOf(run.step(blind, action))).toBe(LOST)
    expect(server.requests).toBe(1)
    expect(run.report().failed[0]?.message).toMatch(/It may have happened all the same\.$/)
  })

  it('is repeated no more often than the policy says', async () => {
    const { server, step, action } = makeThings(Array.from({ length: 20 }, () => LOST))
    const run = createRun(undefined, { retryPolicy: { ...QUICK, maxRetries: 3 } })
    expect(await failureOf(run.step(step, action))).toBe(LOST)
    expect(server).toMatchObject({ requests: 4, searches: 4 })
  })
})

describe('a journal', () => {
  it('has each step begun before it starts and done before it resolves', async () => {
    const journal = createJournal()
    const run = createRun(journal)
    const seen: string[][] = []
    const { step } = makeThings([])
    await run.step(step, async () => {
      seen.push(await readTypes())
      return 'id'
    })
    seen.push(await readTypes())
    expect(seen).toEqual([
      ['run', 'started thing a'],
      ['run', 'started thing a', 'done thing a'],
    ])
    await journal.close(0)
    expect((await readTypes()).at(-1)).toBe('end')
    expect(await readdir(join(directory, 'runs'))).toEqual([`${ID}.jsonl`])
  })

  it('keeps the order of many steps at the same time, in whole lines', async () => {
    const journal = createJournal()
    const run = createRun(journal, { concurrency: 50 })
    await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        run.step({ kind: 'thing', name: String(index), planned: 0 }, () => Promise.resolve(index)),
      ),
    )
    await journal.close(0)
    const types = await readTypes()
    expect(types).toHaveLength(1 + 400 + 1)
    for (let index = 0; index < 200; index++) {
      expect(types.indexOf(`started thing ${index}`)).toBeLessThan(types.indexOf(`done thing ${index}`))
    }
    const again = await openJournal()
    expect(again.recordOf('thing 17')).toMatchObject({ state: 'done', result: 17 })
    await again.close()
  })

  it('of a run that has failed without making anything is removed', async () => {
    const journal = createJournal()
    const { step, action } = makeThings([answered(400)])
    await failureOf(createRun(journal).step(step, action))
    await journal.close(4)
    expect(await readdir(join(directory, 'runs'))).toEqual([])
  })

  it('lets two processes have the run one after the other only', async () => {
    const journal = createJournal()
    const { step, action } = makeThings([])
    await createRun(journal).step(step, action)
    await expect(openJournal()).rejects.toThrow('The run k3f9x2ab is in use by this process.')
    await journal.close(0)
    await (await openJournal()).close()
  })
})

describe('a run that is continued', () => {
  /** Leaves a run in which a step went this way. */
  async function leave(work: (run: Run, journal: Journal) => Promise<unknown>): Promise<void> {
    const journal = createJournal()
    await work(createRun(journal), journal)
    await journal.close(4)
  }

  it('does not carry out again what is done, and returns its result', async () => {
    await leave((run) => run.step(makeThings([]).step, () => Promise.resolve('first')))
    const journal = await openJournal()
    const run = createRun(journal)
    const { server, step, action } = makeThings([])
    expect(run.id).toBe(ID)
    expect(run.recordOf('thing', 'a')).toBe('done')
    expect(run.recordOf('thing', 'b')).toBeUndefined()
    expect(await run.step(step, action)).toBe('first')
    expect(server).toEqual({ things: 0, requests: 0, searches: 0 })
    expect(run.report().steps).toMatchObject([{ kind: 'thing', done: 0, skipped: 1 }])
    await journal.close(0)
  })

  it('carries out again what is done and gone', async () => {
    await leave((run) => run.step(makeThings([]).step, () => Promise.resolve('first')))
    const journal = await openJournal()
    const asked: string[] = []
    const { server, step, action } = makeThings([], {
      verify: (id) => {
        asked.push(id)
        return Promise.resolve(false)
      },
    })
    expect(await createRun(journal).step(step, action)).toBe('id')
    expect(asked).toEqual(['first'])
    expect(server.requests).toBe(1)
    await journal.close(0)
  })

  it.each([
    [true, 0],
    [false, 1],
  ])('looks first for what had begun: is there %s', async (isThere, requests) => {
    await leave(async (_run, journal) => {
      await journal.begin('thing a')
      await journal.note('thing a', { from: 'before' })
    })
    const journal = await openJournal()
    const notes: unknown[] = []
    const { server, step, action } = makeThings([], {
      find: (context) => {
        notes.push(...context.notes)
        return Promise.resolve(isThere ? 'found' : undefined)
      },
    })
    const repeated: boolean[] = []
    const result = await createRun(journal).step(step, (context) => {
      repeated.push(context.isRepeated)
      return action()
    })
    expect(result).toBe(isThere ? 'found' : 'id')
    expect(notes).toEqual([{ from: 'before' }])
    expect(server.requests).toBe(requests)
    expect(repeated).toEqual(isThere ? [] : [true])
    await journal.close(0)
    const again = await openJournal()
    expect(again.recordOf('thing a')?.state).toBe('done')
    await again.close()
  })

  it('does not look for what had been refused', async () => {
    await leave(async (run, journal) => {
      await run.step({ kind: 'x', name: 'x', planned: 0 }, () => Promise.resolve(1))
      const { step, action } = makeThings([answered(400)])
      await failureOf(run.step(step, action))
      return journal
    })
    const journal = await openJournal()
    const { server, step, action } = makeThings([])
    await createRun(journal).step(step, action)
    expect(server).toEqual({ things: 1, requests: 1, searches: 0 })
    await journal.close(0)
  })

  it('refuses a result that a step cannot have', async () => {
    await leave((run) => run.step({ kind: 'thing', name: 'a', planned: 0 }, () => Promise.resolve(7)))
    const journal = await openJournal()
    const { step, action } = makeThings([])
    await expect(createRun(journal).step(step, action)).rejects.toThrow('has another result for the step thing a')
    await journal.close()
  })

  it('knows what has been created, also by steps that did not end', async () => {
    const created = { type: 'file', origin: 'http://a', modelId: 'm', fileId: 'f', name: 'n', sizeBytes: 3 } as const
    await leave(async (run, journal) => {
      await run.step({ kind: 'file', name: '1', planned: '', created: (fileId) => ({ ...created, fileId }) }, () =>
        Promise.resolve('first'),
      )
      await journal.begin('file 2')
      await journal.note('file 2', 1, { ...created, fileId: 'second' })
    })
    const journal = await openJournal()
    expect(createRun(journal).createdEarlier).toEqual([
      { ...created, fileId: 'first' },
      { ...created, fileId: 'second' },
    ])
    await journal.close()
  })

  it('is refused on another instance and in another model', async () => {
    await leave(async (run) => {
      run.useOrigin('http://a')
      run.useModel('http://a', 'm1')
      await run.step(makeThings([]).step, () => Promise.resolve('first'))
    })
    const journal = await openJournal()
    const run = createRun(journal)
    expect(() => run.useOrigin('http://b')).toThrow('was made at http://a, and the settings now name http://b')
    run.useOrigin('http://a')
    expect(() => run.useModel('http://a', 'm2')).toThrow('was made at m1, and the settings now name m2')
    run.useModel('http://a', 'm1')
    await journal.close()
  })
})

it('two steps of one name are a defect', async () => {
  const run = createRun(undefined)
  const { step, action } = makeThings([])
  await run.step(step, action)
  await expect(run.step(step, action)).rejects.toThrow(TypeError)
})
