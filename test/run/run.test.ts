import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { getModel } from '../../src/lib/api/models.js'
import { ExitCode, ExpectedError } from '../../src/lib/errors.js'
import { ConnectionError, ResponseError } from '../../src/lib/http/errors.js'
import type { Progress, ProgressSnapshot } from '../../src/lib/run/progress.js'
import { InterruptedError, Run, type RunOptions, type StepContext } from '../../src/lib/run/run.js'
import { failureOf, openInstance } from '../support/client.js'
import { bailoError, json, startServer } from '../support/scripted-server.js'

const OPERATION = { method: 'POST', path: '/x' }
const answered = (status: number): ResponseError =>
  new ResponseError(OPERATION, { origin: 'http://bailo.example', status, serverMessage: 'm' })
const broken = (code: string): ConnectionError =>
  new ConnectionError(OPERATION, 'http://a', Object.assign(new Error('raw'), { code }), false)

function createRun(options: Partial<RunOptions> = {}): Run {
  return new Run({ concurrency: 4, isDryRun: false, ...options })
}

function step<T>(run: Run, name: string, action: (context: StepContext) => Promise<T> | T): Promise<T | undefined> {
  return run.step<T | undefined>({ kind: 'thing', name, planned: undefined }, async (context) => action(context))
}

/** A promise and what resolves it. */
function gate(): { opened: Promise<void>; open: () => void } {
  let open = (): void => undefined
  const opened = new Promise<void>((resolve) => (open = resolve))
  return { opened, open }
}

describe('steps', () => {
  it('run as many at a time as they may, and start in order', async () => {
    const run = createRun({ concurrency: 3 })
    const { opened, open } = gate()
    const started: number[] = []
    let inFlight = 0
    let most = 0
    const steps = Array.from({ length: 10 }, (_, index) =>
      step(run, String(index), async () => {
        started.push(index)
        most = Math.max(most, ++inFlight)
        await opened
        await nextTurn()
        inFlight--
        return index
      }),
    )
    await nextTurn()
    expect(started).toEqual([0, 1, 2])
    open()
    expect(await Promise.all(steps)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(started).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(most).toBe(3)
  })

  it('are counted with bytes, by kind', async () => {
    const run = createRun()
    await run.step({ kind: 'file', name: 'a', planned: undefined }, ({ onBytes }) => {
      onBytes(70)
      onBytes(-70)
      onBytes(40)
      onBytes(60)
      return Promise.resolve()
    })
    await step(run, 'b', () => undefined)
    const report = run.report()
    expect(report).toMatchObject({ isDryRun: false, retries: 0, failed: [], planned: [] })
    expect(report.steps).toMatchObject([
      { kind: 'file', done: 1, failed: 0, retried: 0, bytes: 100 },
      { kind: 'thing', done: 1, failed: 0, retried: 0, bytes: 0 },
    ])
    expect(report.steps[0]?.latencyMs).toBeDefined()
  })

  it('do not warn of a leak when many listen to the signal', async () => {
    const warnings: Error[] = []
    const note = (warning: Error): void => void warnings.push(warning)
    process.on('warning', note)
    const run = createRun({ concurrency: 50, signal: new AbortController().signal })
    const { opened, open } = gate()
    const steps = Array.from({ length: 50 }, (_, index) =>
      step(run, String(index), ({ signal }) => {
        signal.addEventListener('abort', () => undefined)
        return opened
      }),
    )
    await nextTurn()
    open()
    await Promise.all(steps)
    await nextTurn()
    process.off('warning', note)
    expect(warnings).toEqual([])
  })
})

describe('a failure', () => {
  const UNKNOWN = ' It may have happened all the same.'

  it.each([
    ['a refusal', answered(400), ''],
    ['a server error', answered(500), UNKNOWN],
    ['a lost connection', broken('ECONNRESET'), UNKNOWN],
    ['another expected error', new ExpectedError('odd', { exitCode: ExitCode.Partial, tryNext: ['look'] }), ''],
  ])('such as %s is recorded and thrown, and other steps go on', async (_case, failure, addition) => {
    const run = createRun({ concurrency: 1 })
    const failing = step(run, 'a', () => Promise.reject(failure))
    const other = step(run, 'b', () => 'done')
    expect(await failureOf(failing)).toBe(failure)
    expect(await other).toBe('done')
    expect(run.stopReason).toBeUndefined()
    expect(run.report()).toMatchObject({
      failed: [{ key: 'thing a', message: failure.message + addition, tryNext: failure.tryNext }],
      steps: [{ kind: 'thing', done: 1, failed: 1 }],
    })
  })

  it.each([
    ['401', answered(401)],
    ['403', answered(403)],
    ['a server that has gone', broken('ECONNREFUSED')],
  ])('that all would share (%s) stops the run', async (_case, failure) => {
    const run = createRun({ concurrency: 2 })
    const seen: unknown[] = []
    const running = step(run, 'running', ({ signal }) => {
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          seen.push(signal.reason)
          reject(new Error('broken off'))
        })
      })
    })
    const failing = step(run, 'failing', () => Promise.reject(failure))
    const pending = step(run, 'pending', () => seen.push('pending was started'))
    const later = [running, failing, pending].map(failureOf)
    expect(await Promise.all(later)).toEqual([failure, failure, failure])
    expect(await failureOf(step(run, 'new', () => seen.push('new was started')))).toBe(failure)
    expect(seen).toEqual([failure])
    expect(run.stopReason).toBe(failure)
    // Only the step that failed by itself counts as failed.
    expect(run.report()).toMatchObject({ failed: [{ key: 'thing failing' }], steps: [{ done: 0, failed: 1 }] })
  })

  it('that is a defect stops the run, and is no failure of the step', async () => {
    const run = createRun({ concurrency: 1 })
    const defect = new TypeError('x is not a function')
    const failing = step(run, 'a', () => Promise.reject(defect))
    const pending = step(run, 'b', () => 'done')
    expect(await Promise.all([failing, pending].map(failureOf))).toEqual([defect, defect])
    expect(run.stopReason).toBe(defect)
    expect(run.report().failed).toEqual([])
  })
})

describe('an interrupt', () => {
  it('reaches the steps that run, keeps others from starting, and is no failure', async () => {
    const controller = new AbortController()
    const reason = new InterruptedError('SIGINT')
    const run = createRun({ concurrency: 2, signal: controller.signal })
    const { opened, open } = gate()
    const finishing = step(run, 'finishing', async () => {
      await opened
      return 'done'
    })
    const broken = step(run, 'broken off', async ({ signal }) => {
      await opened
      signal.throwIfAborted()
    })
    const pending = step(run, 'pending', () => 'started')
    await nextTurn()
    controller.abort(reason)
    open()
    expect(await finishing).toBe('done')
    expect(await Promise.all([broken, pending].map(failureOf))).toEqual([reason, reason])
    expect(run.stopReason).toBe(reason)
    expect(run.report()).toMatchObject({ failed: [], steps: [{ kind: 'thing', done: 1, failed: 0 }] })
    expect(reason).toMatchObject({ message: 'Stopped by SIGINT.', exitCode: ExitCode.Interrupted })
  })

  it('shows as its reason, whatever the step made of it', async () => {
    const controller = new AbortController()
    const reason = new InterruptedError('SIGTERM')
    const run = createRun({ signal: controller.signal })
    const running = step(run, 'a', () => {
      controller.abort(reason)
      throw new DOMException('This operation was aborted', 'AbortError')
    })
    expect(await failureOf(running)).toBe(reason)
  })
})

describe('a dry run', () => {
  it('carries nothing out, and lists all in order', async () => {
    const run = createRun({ isDryRun: true, concurrency: 1 })
    const called: string[] = []
    const results = await Promise.all(
      ['b', 'a', 'c'].map((name) =>
        run.step({ kind: name === 'c' ? 'release' : 'file', name, planned: `planned ${name}` }, () => {
          called.push(name)
          return Promise.resolve('done')
        }),
      ),
    )
    expect(results).toEqual(['planned b', 'planned a', 'planned c'])
    expect(called).toEqual([])
    expect(run.report()).toMatchObject({ isDryRun: true, planned: ['file b', 'file a', 'release c'], steps: [] })
  })
})

describe('retries', () => {
  it('count for the run and for the step that they happen in, whichever is running besides', async () => {
    const failures = new Map([
      ['a', 2],
      ['b', 0],
      ['c', 1],
    ])
    const server = await startServer(({ url }) => {
      const id = url.split('/').at(-1) ?? ''
      const left = failures.get(id) ?? 0
      failures.set(id, left - 1)
      return left > 0 ? bailoError(503, 'busy') : json({ model: { id, name: 'n', kind: 'model' } })
    })
    const run = createRun()
    const instance = openInstance(server.origin, { onRetry: () => run.noteRetry() })
    await Promise.all(
      ['a', 'b', 'c'].map((id) =>
        run.step(
          { kind: `model ${id}`, name: id, planned: undefined },
          async () => void (await getModel(instance, id)),
        ),
      ),
    )
    expect(run.report().steps.map(({ kind, retried }) => [kind, retried])).toEqual(
      expect.arrayContaining([
        ['model a', 2],
        ['model b', 0],
        ['model c', 1],
      ]),
    )
    expect(run.report().retries).toBe(3)
  })

  it('outside of steps count for the run alone', () => {
    const run = createRun()
    run.noteRetry()
    expect(run.report()).toMatchObject({ retries: 1, steps: [] })
  })

  it('of a step that failed are counted as well', async () => {
    const run = createRun()
    const failing = step(run, 'a', () => {
      run.noteRetry()
      throw answered(500)
    })
    await failureOf(failing)
    expect(run.report().steps).toMatchObject([{ failed: 1, retried: 1 }])
  })
})

describe('progress', () => {
  class Recorder implements Progress {
    last: unknown
    update({ running, ...snapshot }: ProgressSnapshot): void {
      this.last = { ...snapshot, running: running() }
    }
    say(): void {}
    stop(): void {}
  }

  it('shows what is done, what runs and what is to come', async () => {
    const progress = new Recorder()
    const run = createRun({ progress })
    run.expect({ steps: 3, bytes: 500 })
    expect(progress.last).toEqual({
      stepsDone: 0,
      stepsFailed: 0,
      stepsTotal: 3,
      bytesDone: 0,
      bytesTotal: 500,
      retries: 0,
      running: [],
    })
    const { opened, open } = gate()
    const first = step(run, 'a', async ({ onBytes }) => {
      onBytes(200)
      await opened
      onBytes(-50)
    })
    const second = step(run, 'b', () => opened)
    await nextTurn()
    expect(progress.last).toMatchObject({
      stepsDone: 0,
      bytesDone: 200,
      running: [
        { key: 'thing a', bytesDone: 200, bytesTotal: 0 },
        { key: 'thing b', bytesDone: 0, bytesTotal: 0 },
      ],
    })
    open()
    await Promise.all([first, second])
    await failureOf(step(run, 'c', () => Promise.reject(answered(500))))
    run.noteRetry()
    expect(progress.last).toMatchObject({ stepsDone: 2, stepsFailed: 1, bytesDone: 150, retries: 1, running: [] })
  })

  it('counts what is announced on top of what is done', async () => {
    const progress = new Recorder()
    const run = createRun({ progress })
    await step(run, 'a', ({ onBytes }) => onBytes(10))
    run.expect({ steps: 4, bytes: 90 })
    expect(progress.last).toMatchObject({ stepsDone: 1, stepsTotal: 5, bytesDone: 10, bytesTotal: 100 })
  })
})
