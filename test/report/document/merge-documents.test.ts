import { describe, expect, it } from 'vitest'
import { toHistogram } from '../../../src/lib/report/document/latency.js'
import { mergeDocuments } from '../../../src/lib/report/document/merge-documents.js'
import type { RunDocument } from '../../../src/lib/report/document/model.js'
import { findMismatch } from '../../../src/lib/report/document/read-document.js'
import { Recorder } from '../../../src/lib/run/recording/recorder.js'
import { documentOf, latenciesOf } from './documents.js'

/** Times of uploads, all different. */
const TIMES = Array.from({ length: 300 }, (_, index) => 1 + ((index * 7919) % 10_007) / 3)

const RUN = { id: 'abcdefgh', isDryRun: false, retries: 2, failed: [], planned: [] }

function shardOf(index: number, count: number, more: Parameters<typeof documentOf>[1] = {}): RunDocument {
  const recorder = new Recorder()
  recorder.target('http://localhost:8080', 'model')
  for (const [place, latencyMs] of TIMES.entries()) {
    if (place % count !== index - 1) continue
    const outcome = { latencyMs, bytes: 10, retries: 0 }
    recorder.statistics.recordDone('file', outcome)
    recorder.stepDone(`file ${place}`, outcome)
  }
  recorder.requestEnded(undefined)
  return documentOf('x', {
    recording: recorder.recording(),
    run: RUN,
    shard: { index, count },
    args: ['--count=300', `--shard=${index}/${count}`, `--env-file=/tmp/${index}.env`],
    findings: [],
    exitCode: 0,
    reason: undefined,
    ...more,
  })
}

function merge(...documents: readonly RunDocument[]): RunDocument {
  return mergeDocuments(documents.map((document, index) => ({ file: `${index}.json`, document })))
}

describe('the reports of all shards of a run', () => {
  const merged = merge(shardOf(2, 3), shardOf(3, 3), shardOf(1, 3))

  it('have together what one run would have: counts, exact histograms, the slowest steps', () => {
    const [file] = merged.steps
    expect(file).toMatchObject({ kind: 'file', done: 300, bytes: 3000 })
    expect(file?.latency).toMatchObject({ count: 300, maxMs: Math.round(Math.max(...TIMES) * 1000) / 1000 })
    if (file?.latency === undefined) throw new Error('no times')
    expect([...toHistogram(file.latency).bins()]).toEqual([...latenciesOf(TIMES).bins()])
    expect(merged.slowest.map(({ durationMs }) => durationMs)).toEqual(
      TIMES.toSorted((a, b) => b - a)
        .slice(0, 20)
        .map((ms) => Math.round(ms * 10) / 10),
    )
    expect(merged.timeline.buckets.reduce((sum, { done }) => sum + done, 0)).toBe(300)
  })

  it('say which they were, and fit the schema again', () => {
    expect(merged.merged?.map(({ shard }) => shard.index)).toEqual([1, 2, 3])
    expect(merged.run).toMatchObject({ id: 'abcdefgh', args: ['--count=300'], concurrency: 24, retries: 6 })
    expect(merged.verdict).toMatchObject({ exitCode: 0, message: '3 of 3 shards passed.' })
    expect(merged.targets).toEqual([{ url: 'http://localhost:8080', modelId: 'model' }])
    expect(findMismatch(JSON.parse(JSON.stringify(merged)))).toBeUndefined()
  })

  it('are as bad as the worst of them', () => {
    const { verdict } = merge(shardOf(1, 2, { exitCode: 1 }), shardOf(2, 2, { exitCode: 4, reason: 'It broke.' }))
    expect(verdict).toMatchObject({ exitCode: 4, outcome: 'incomplete' })
    expect(verdict.message).toBe('0 of 2 shards passed. Shard 1: Not all was done. Shard 2: It broke.')
  })

  it('join what the experiment measured', () => {
    const { experiment } = merged
    if (experiment?.type !== 'scanners') throw new Error('no scanners')
    expect(experiment.scanners.map(({ scanner, states, latency }) => [scanner, states.clean, latency?.count])).toEqual([
      ['x', 6, 9],
      ['ModelScan', 6, 9],
    ])
  })
})

describe('reports that cannot be joined', () => {
  it.each<[string, RunDocument[], string | RegExp]>([
    ['a shard is missing', [shardOf(1, 3), shardOf(3, 3)], 'Of 3 shards 1 is missing: shard 2.'],
    ['shards are missing', [shardOf(2, 4)], 'Of 4 shards 3 are missing: shards 1, 3, 4.'],
    ['a shard is there twice', [shardOf(1, 2), shardOf(1, 2), shardOf(2, 2)], 'Shard 1 is there twice: in 0.json and'],
    ['they are of other numbers', [shardOf(1, 2), shardOf(2, 3)], 'number of shards differs: 2 in 0.json, 3 in 1.json'],
    ['a version differs', [shardOf(1, 2), shardOf(2, 2, { version: '9' })], 'version differs: 1.2.3 in 0.json, 9 in'],
    ['a seed differs', [shardOf(1, 2), shardOf(2, 2, { seed: 's' })], 'seed differs: x in 0.json, s in 1.json'],
    ['a flag differs', [shardOf(1, 2), shardOf(2, 2, { args: [] })], 'flags differs: --count=300 in 0.json, none in'],
    [
      'a command differs',
      [shardOf(1, 2), shardOf(2, 2, { command: 'c' })],
      'command differs: scanners in 0.json, c in',
    ],
    ['a run differs', [shardOf(1, 2), shardOf(2, 2, { run: { ...RUN, id: 'other' } })], 'run differs: abcdefgh in'],
    ['one is of a whole run', [shardOf(1, 2), documentOf('x')], 'The report 1.json is not of a shard'],
    ['one is joined', [merge(shardOf(1, 1))], 'The report 0.json is itself joined from others.'],
    ['a shard cannot be', [shardOf(3, 2)], 'shard 3 of 2, which cannot be'],
    ['there is none', [], 'There is no report to join.'],
  ])('are refused with words: %s', (_why, documents, words) => {
    expect(() => merge(...documents)).toThrow(expect.objectContaining({ name: 'UsageError', exitCode: 2 }))
    expect(() => merge(...documents)).toThrow(words)
  })
})
