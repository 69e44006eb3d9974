import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { whyNoFacts } from '../openapi/facts.js'
import { ASPECTS, type Aspect } from './compare.js'
import { EXCEPTIONS } from './exceptions.js'
import { playAll, type Outcome } from './play.js'
import { readSamples } from './samples.js'

/** Of the exchanges, how many have to match in shape, message and headers, exceptions not counted as matching. */
const SHARE_REQUIRED = 0.98

let outcomes: readonly Outcome[] = []

beforeAll(async () => {
  if (whyNoFacts === undefined) outcomes = await playAll(readSamples())
})

afterAll(() => {
  const line = whyNoFacts === undefined ? describeOutcomes() : `skipped, ${whyNoFacts}`
  process.stdout.write(`conformance: ${line}\n`)
})

describe('played against the sandbox', () => {
  test.for(ASPECTS)('every captured exchange has the %s of Bailo, or an exception says why not', (aspect, { skip }) => {
    skip(whyNoFacts !== undefined, whyNoFacts)
    const unexplained = listDifferent(aspect).filter(({ sample }) => !isException(sample.name, aspect))
    expect(unexplained.flatMap((outcome) => describeDifferences(outcome, aspect))).toEqual([])
  })

  test('every captured exchange has the status of Bailo, without exceptions', ({ skip }) => {
    skip(whyNoFacts !== undefined, whyNoFacts)
    expect(outcomes.length).toBeGreaterThanOrEqual(180)
    expect(EXCEPTIONS.filter(({ aspect }) => aspect === 'status')).toEqual([])
  })

  test.for(['shape', 'message', 'headers'] as const)(
    'nearly every exchange has the %s of Bailo',
    (aspect, { skip }) => {
      skip(whyNoFacts !== undefined, whyNoFacts)
      const judged = listJudged(aspect).length
      expect((judged - listDifferent(aspect).length) / judged).toBeGreaterThanOrEqual(SHARE_REQUIRED)
    },
  )

  test('every exception is still needed', ({ skip }) => {
    skip(whyNoFacts !== undefined, whyNoFacts)
    const stale = EXCEPTIONS.filter(
      ({ sample, aspect }) => !listDifferent(aspect).some((outcome) => outcome.sample.name === sample),
    )
    expect(stale).toEqual([])
  })
})

test('every exception says why, and is there once', () => {
  expect(EXCEPTIONS.filter(({ reason }) => reason.length < 20)).toEqual([])
  const keys = EXCEPTIONS.map(({ sample, aspect }) => `${sample} ${aspect}`)
  expect(new Set(keys).size).toBe(keys.length)
})

/** Every exchange has a status, a shape, headers and values; messages are only where there is an error. */
function listJudged(aspect: Aspect): readonly Outcome[] {
  return aspect === 'message' ? outcomes.filter(({ hasMessage }) => hasMessage) : outcomes
}

function listDifferent(aspect: Aspect): Outcome[] {
  return outcomes.filter(({ differences }) => differences.some((difference) => difference.aspect === aspect))
}

function isException(name: string, aspect: Aspect): boolean {
  return EXCEPTIONS.some((exception) => exception.sample === name && exception.aspect === aspect)
}

function describeDifferences({ sample, differences }: Outcome, aspect: Aspect): string[] {
  return differences.filter((difference) => difference.aspect === aspect).map(({ text }) => `${sample.name}: ${text}`)
}

function describeOutcomes(): string {
  const count = (aspect: Aspect, plural: string) => {
    const judged = listJudged(aspect).length
    return `${judged - listDifferent(aspect).length} of ${judged} ${plural}`
  }
  return [
    count('status', 'statuses'),
    count('shape', 'shapes'),
    count('message', 'messages'),
    count('headers', 'headers'),
    `${EXCEPTIONS.length} exceptions`,
  ].join(', ')
}
