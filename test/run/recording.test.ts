import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ResponseError } from '../../src/lib/http/errors.js'
import { ErrorGroups, generalise } from '../../src/lib/run/recording/error-groups.js'
import { Recorder } from '../../src/lib/run/recording/recorder.js'
import { Timeline } from '../../src/lib/run/recording/timeline.js'

const START = 1_800_000_000_000

function sumOf(timeline: Timeline, field: 'done' | 'failed' | 'retries' | 'bytes' | 'busyMs'): number {
  return timeline.buckets.reduce((sum, bucket) => sum + bucket[field], 0)
}

describe('a timeline', () => {
  it('keeps all counts and the time under way, in at most 120 buckets, however long it is', () => {
    const step = fc.record({
      gapMs: fc.integer({ min: 0, max: 50_000 }),
      lengthMs: fc.integer({ min: 1, max: 90_000 }),
    })
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), (steps) => {
        const timeline = new Timeline()
        let at = START
        let busyMs = 0
        for (const { gapMs, lengthMs } of steps) {
          at += gapMs
          timeline.begin(at)
          at += lengthMs
          timeline.end(at)
          timeline.done(at, lengthMs)
          timeline.count(at, 'bytes', 10)
          busyMs += lengthMs
        }
        expect(timeline.buckets.length).toBeLessThanOrEqual(120)
        expect([sumOf(timeline, 'done'), sumOf(timeline, 'bytes')]).toEqual([steps.length, 10 * steps.length])
        expect(sumOf(timeline, 'busyMs')).toBeCloseTo(busyMs, 3)
        expect(timeline.startMs % timeline.widthMs).toBe(0)
        const times = timeline.buckets.reduce((sum, { latencies }) => sum + (latencies?.count ?? 0), 0)
        expect(times).toBe(steps.length)
      }),
      { numRuns: 50 },
    )
  })

  it('says when what happened', () => {
    const timeline = new Timeline()
    timeline.begin(START)
    timeline.begin(START + 10)
    timeline.end(START + 30)
    timeline.count(START + 30, 'failed', 1)
    timeline.end(START + 45)
    timeline.done(START + 45, 45)
    expect(timeline.widthMs).toBe(20)
    expect(timeline.startMs).toBe(START)
    expect(
      timeline.buckets.map(({ done, failed, busyMs, maxInFlight }) => [done, failed, busyMs, maxInFlight]),
    ).toEqual([
      [0, 0, 30, 2],
      [0, 1, 30, 2],
      [1, 0, 5, 1],
    ])
    expect(timeline.buckets.map(({ latencies }) => latencies?.maxMs)).toEqual([undefined, undefined, 45])
  })

  it('never counts more steps at the same time than there were when its buckets become wider', () => {
    const timeline = new Timeline()
    for (let second = 0; second < 600; second++) {
      timeline.begin(START + second * 1000)
      timeline.end(START + second * 1000 + 900)
    }
    expect(timeline.widthMs).toBe(5120)
    expect(Math.max(...timeline.buckets.map(({ maxInFlight }) => maxInFlight))).toBe(1)
  })

  it('is the same whether it was recorded in one or joined from several', () => {
    const [whole, left, right] = [new Timeline(), new Timeline(), new Timeline()]
    for (let index = 0; index < 500; index++) {
      const at = START + index * 37
      for (const timeline of [whole, index % 3 === 0 ? left : right]) {
        timeline.count(at, 'retries', 1)
        timeline.done(at, index)
      }
    }
    const joined = new Timeline()
    joined.add(left)
    joined.add(right)
    expect([joined.startMs, joined.widthMs]).toEqual([whole.startMs, whole.widthMs])
    const figures = ({ buckets }: Timeline) =>
      buckets.map(({ done, retries, latencies }) => [done, retries, latencies?.count, latencies?.maxMs])
    expect(figures(joined)).toEqual(figures(whole))
  })

  it('adds up what was at the same time only where it was joined', () => {
    const two = [0, 40].map((lateMs) => {
      const timeline = new Timeline()
      timeline.begin(START + lateMs)
      timeline.end(START + lateMs + 30)
      return timeline
    })
    const joined = new Timeline(2)
    for (const timeline of two) joined.add(timeline)
    expect(joined.buckets.map(({ maxInFlight }) => maxInFlight)).toEqual([1, 1])
  })

  it('joins runs that were hours apart', () => {
    const [morning, evening] = [new Timeline(), new Timeline()]
    morning.done(START, 1)
    evening.done(START + 36_000_000, 1)
    for (const order of [
      [morning, evening],
      [evening, morning],
    ]) {
      const joined = new Timeline()
      for (const one of order) joined.add(one)
      expect(joined.buckets.length).toBeLessThanOrEqual(120)
      expect([joined.buckets[0]?.done, joined.buckets.at(-1)?.done]).toEqual([1, 1])
    }
  })
})

describe('errors', () => {
  it.each([
    ['file "a b.bin" is 17 bytes', 'file "..." is ... bytes'],
    ['POST /api/v2/model/{modelId}/files answered 503: busy', 'POST /api/v2/model/{modelId}/files answered 503: busy'],
    ['model my-model-ab12cd34 is gone', 'model ... is gone'],
    ['sha256:00ff11 is not there', 'sha256:... is not there'],
    ['release 1.2.0-rc.1 exists', 'release ... exists'],
    ['file 6b0a0f6fae9893ff2b6f519c was lost', 'file ... was lost'],
  ])('that say %s are of the kind %s', (message, kind) => {
    expect(generalise(message)).toBe(kind)
  })

  it('are counted by status, and bounded', () => {
    const groups = new ErrorGroups()
    const operation = { method: 'POST', path: '/x' }
    for (const status of [503, 503, 500]) {
      groups.note(new ResponseError(operation, { origin: 'o', status, serverMessage: 'no' }), 'requests')
    }
    for (let index = 0; index < 26 * 26; index++) {
      const word = String.fromCharCode(97 + (index % 26), 97 + Math.floor(index / 26))
      groups.note(new Error(`failure ${word}`), 'steps')
    }
    const list = groups.list()
    expect(list).toHaveLength(51)
    expect(list.find(({ error }) => error === 'ResponseError 503')).toMatchObject({ requests: 2, steps: 0 })
    expect(list.reduce((sum, { steps }) => sum + steps, 0)).toBe(26 * 26)
    expect(list[0]).toMatchObject({ error: 'other' })
  })
})

describe('a recorder', () => {
  it('keeps the twenty slowest steps', () => {
    const recorder = new Recorder()
    for (let index = 1; index <= 1000; index++) {
      const latencyMs = (index * 619) % 1009
      recorder.stepDone(`file ${latencyMs}`, { latencyMs, bytes: 0, retries: 0 })
    }
    const all = Array.from({ length: 1000 }, (_, index) => ((index + 1) * 619) % 1009)
    const expected = all.sort((a, b) => b - a).slice(0, 20)
    expect(recorder.recording().slowest.map(({ durationMs }) => durationMs)).toEqual(expected)
  })

  it('takes answers that were to be expected for no errors', () => {
    const recorder = new Recorder()
    const answer = (status: number): ResponseError =>
      new ResponseError({ method: 'GET', path: '/x' }, { origin: 'o', status, serverMessage: 'm' })
    for (const failure of [undefined, answer(404), answer(409), answer(429), answer(502)])
      recorder.requestEnded(failure)
    expect(recorder.recording().errors.map(({ error }) => error)).toEqual(['ResponseError 429', 'ResponseError 502'])
  })
})
