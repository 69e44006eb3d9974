import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { RunDocument } from '../../src/lib/report/document/model.js'
import { setFaults } from '../support/faults.js'
import { parseXml } from '../support/parse-xml.js'
import { fillSourceModel, SOURCE } from '../support/source-model.js'
import { changesSince, onRequest, startBench, type Bench } from './experiment.js'
import { createModel } from './failures.js'
import { readReportSchema } from './report-schema.js'

const RAMP = ['concurrent-file-uploads', '--quiet', '--count', '6', '--size', '10kB']
const RELEASES = ['many-releases-with-files', '--quiet', '--count', '4', '--max-size-exponent', '3']

let findErrors: (value: unknown) => unknown

beforeAll(async () => {
  findErrors = await readReportSchema()
})

/** A report, which must fit the schema that the binary prints. */
async function readReport({ directory }: Bench, name = 'run.json'): Promise<RunDocument> {
  const value: unknown = JSON.parse(await readFile(path.join(directory, name), 'utf8'))
  expect(findErrors(value)).toBeUndefined()
  return value as RunDocument
}

describe('--report', () => {
  it('writes a run of the scanners in all forms at once, with the times of each scanner', async () => {
    const bench = await startBench({ scanners: {} })
    await mkdir(path.join(bench.directory, 'files'))
    const sizes = [100, 2000, 300_000]
    for (const size of sizes) await writeFile(path.join(bench.directory, 'files', `${size}.bin`), Buffer.alloc(size, 1))
    const files = ['run.json', 'run.html', 'run.xml', 'run.MD']
    const words = ['scanners', 'files', '--quiet', '--interval', '100ms', '--seed', 'mine']
    const { exitCode, stdout, stderr } = await bench.run([...words, ...files.flatMap((name) => ['--report', name])])
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(stdout).not.toContain('report')

    const report = await readReport(bench)
    expect(report).toMatchObject({
      format: 'bailo-exp-report/1',
      environment: { node: process.versions.node },
      run: { command: 'scanners', args: ['--interval=100ms', '--seed=mine', '--', 'files'], seed: 'mine' },
      verdict: { exitCode: 0, outcome: 'passed' },
      failed: { count: 0 },
    })
    expect(report.targets.at(-1)).toMatchObject({ url: bench.sandbox.url, modelId: expect.any(String) as string })
    expect(report.steps.find(({ kind }) => kind === 'file')).toMatchObject({ done: 3, bytes: 302_100 })
    expect(report.timeline.buckets.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(302_100)
    if (report.experiment?.type !== 'scanners') throw new Error('nothing of the scanners')
    for (const { points, latency } of report.experiment.scanners) {
      expect(points.map(({ sizeBytes }) => sizeBytes)).toEqual(sizes)
      expect(latency?.count).toBe(3)
    }
    const [html = '', xml = '', markdown = ''] = await Promise.all(
      files.slice(1).map((name) => readFile(path.join(bench.directory, name), 'utf8')),
    )
    expect(html).toMatch(/^<!doctype html>[^]*id="time-to-result"[^]*<\/html>\n$/)
    expect(parseXml(xml)[0]?.attributes).toMatchObject({ failures: '0' })
    expect(markdown).toMatch(/^## ✅ scanners: Passed\n/)
    // No temporary file stays.
    expect((await readdir(bench.directory)).sort()).toEqual([
      '.local.env',
      'files',
      'run.MD',
      'run.html',
      'run.json',
      'run.xml',
      'state',
    ])
  })

  it('has the comparison of a clone', async () => {
    const bench = await startBench()
    const from = await fillSourceModel(bench.sandbox)
    const { exitCode } = await bench.run(['clone-releases', '--quiet', '--from', from, '--report', 'run.json'])
    expect(exitCode).toBe(0)
    const { experiment, steps } = await readReport(bench)
    expect(experiment).toMatchObject({
      type: 'clone-releases',
      source: from,
      planned: SOURCE,
      comparison: { releases: SOURCE.releases, differences: { count: 0 } },
    })
    expect(steps.find(({ kind }) => kind === 'release')?.latency?.count).toBe(SOURCE.releases)
  })

  it('has the rows of a ramp, each with all its times, and changes nothing of what --json prints', async () => {
    const bench = await startBench()
    interface Result {
      steps: { concurrency: number; latencyMs: Record<string, number> }[]
    }
    const { result } = await bench.runJson<Result>([...RAMP, '--ramp', '1,3', '--report', 'run.json'])
    expect(result.steps.map(({ latencyMs }) => Object.keys(latencyMs))).toEqual(
      Array(2).fill(['p50', 'p95', 'p99', 'max']),
    )
    const { experiment } = await readReport(bench)
    if (experiment?.type !== 'concurrent-file-uploads') throw new Error('nothing of the ramp')
    expect(experiment.rows.map(({ concurrency, done, latency }) => [concurrency, done, latency?.count])).toEqual([
      [1, 6, 6],
      [3, 6, 6],
    ])
    for (const [index, { latency }] of experiment.rows.entries()) {
      const { p50, max } = result.steps[index]?.latencyMs ?? {}
      expect([latency?.p50Ms, latency?.maxMs].map((ms) => Math.round((ms ?? 0) * 10) / 10)).toEqual([p50, max])
    }
  })

  it('replaces an earlier one, also through a symbolic link', async () => {
    const bench = await startBench()
    await writeFile(path.join(bench.directory, 'real.json'), 'old')
    await symlink('real.json', path.join(bench.directory, 'run.json'))
    await bench.run([...RAMP, '--dry-run', '--report', 'run.json'])
    const { run, planned, verdict } = await readReport(bench, 'real.json')
    expect([run.isDryRun, planned.count, verdict.message]).toEqual([true, 8, 'A dry run: nothing was changed.'])
  })
})

describe('a report is also there when a run', () => {
  it('fails in part', async () => {
    const bench = await startBench()
    await setFaults(bench.sandbox, ['release-create x3 status=500'])
    const words = [...RELEASES, '--max-retries', '0', '--report', 'run.json', '--report', 'run.xml']
    const { exitCode } = await bench.run(words)
    expect(exitCode).toBe(4)
    const { verdict, failed, errors } = await readReport(bench)
    expect(verdict).toMatchObject({ exitCode: 4, outcome: 'incomplete' })
    expect(failed.count).toBeGreaterThan(0)
    expect(failed.first[0]?.step).toMatch(/^release /)
    expect(errors[0]).toMatchObject({ error: 'ResponseError 500', steps: failed.count })
    const failures = parseXml(await readFile(path.join(bench.directory, 'run.xml'), 'utf8')).filter(
      ({ name }) => name === 'failure',
    )
    expect(failures.length).toBeGreaterThan(failed.count)
  })

  it('is interrupted', async () => {
    const bench = await startBench()
    await setFaults(bench.sandbox, ['POST /api/v2/model/*/files/upload/simple delay=200ms'])
    const { exitCode } = await bench.run([...RAMP, '--concurrency', '1', '--report', 'run.json'], {
      onStart: onRequest(bench.sandbox, 'POST /api/v2/model/:modelId/files/upload/simple', 'SIGINT'),
    })
    expect(exitCode).toBe(130)
    const { verdict, run } = await readReport(bench)
    expect(verdict).toMatchObject({ exitCode: 130, outcome: 'interrupted', message: 'Stopped by SIGINT.' })
    expect(run.resume).toContain(`--resume ${run.id}`)
  })

  it('cannot be begun', async () => {
    const bench = await startBench()
    const loud = RAMP.filter((word) => word !== '--quiet')
    const { exitCode, stderr } = await bench.run([...loud, '--report', 'run.json'], { env: { SECRET_KEY: 'wrong' } })
    expect(stderr).toMatch(/^Note: The report is in run\.json\.\nError: /m)
    expect(exitCode).toBe(3)
    const { verdict, steps } = await readReport(bench)
    expect(verdict).toMatchObject({ exitCode: 3, outcome: 'unreachable' })
    expect(verdict.message).toContain('401')
    expect(steps.every(({ done }) => done === 0)).toBe(true)
  })
})

describe('a report of an address with a user name and password, which is refused', () => {
  it.each(['http://me:geheim@127.0.0.1:9', 'me:geheim@127.0.0.1:9'])('has neither: %s', async (url) => {
    const bench = await startBench()
    const { exitCode } = await bench.run([...RAMP, '--url', url, '--report', 'run.json'])
    expect(exitCode).toBe(2)
    const { verdict, run } = await readReport(bench)
    expect(verdict.outcome).toBe('wrong-usage')
    expect(run.args).toContain(`--url=${url.replace('me:geheim@', '')}`)
    expect(await readFile(path.join(bench.directory, 'run.json'), 'utf8')).not.toMatch(/geheim|me:/)
  })
})

describe.concurrent('a report that cannot be written is refused before anything is made', () => {
  it.each([
    ['run.pdf', /"run\.pdf" has no extension.*end the name in \.json, \.html, \.xml, \.md/s],
    ['run', /has no extension/],
    ['no-such/run.html', /The directory no-such of the report run\.html does not exist/],
    ['state.json', /The report state\.json is a directory/],
  ])('%s', async (name, words) => {
    const bench = await startBench()
    await mkdir(path.join(bench.directory, 'state.json'))
    const to = await createModel(bench.sandbox)
    const mark = bench.sandbox.requests.length
    const { exitCode, stderr } = await bench.run([...RAMP, '--model', to, '--report', 'good.json', '--report', name])
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 2 })
    expect(stderr).toMatch(words)
    expect(changesSince(bench.sandbox, mark)).toEqual([])
    await expect(stat(path.join(bench.directory, 'good.json'))).rejects.toThrow('ENOENT')
  })
})

describe('report merge', () => {
  it('joins the reports of shards, and writes and prints the joined one', async () => {
    const bench = await startBench()
    const to = await createModel(bench.sandbox)
    const names = ['a.json', 'b.json']
    await Promise.all(
      names.map((name, index) =>
        bench.run([...RAMP, '--model', to, '--run-key', 'k', '--shard', `${index + 1}/2`, '--report', name]),
      ),
    )
    const { exitCode, stdout, stderr, result } = await bench.runJson<RunDocument>([
      ...['report', 'merge', ...names],
      ...['--report', 'all.json', '--report', 'all.html', '--report', 'all.md'],
    ])
    expect({ exitCode, stderr }).toEqual({
      exitCode: 0,
      stderr: 'Note: The report is in all.json, all.html and all.md.\n',
    })
    expect(JSON.parse(stdout)).toEqual(await readReport(bench, 'all.json'))
    expect(result.steps.find(({ kind }) => kind === 'file')).toMatchObject({ done: 6, latency: { count: 6 } })
    expect(result.merged?.map(({ shard }) => shard)).toEqual([
      { index: 1, count: 2 },
      { index: 2, count: 2 },
    ])

    const lone = await bench.run(['report', 'merge', 'b.json', '--report', 'half.html'])
    expect([lone.exitCode, lone.stdout]).toEqual([2, ''])
    expect(lone.stderr).toContain('Of 2 shards 1 is missing: shard 1.')
    expect(await readdir(bench.directory)).not.toContain('half.html')
    const text = await bench.run(['report', 'merge', ...names])
    expect(text.stdout).toContain('2 of 2 shards passed.')
    for (const line of text.stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
  })

  it('refuses what is no report', async () => {
    const bench = await startBench()
    await writeFile(path.join(bench.directory, 'other.json'), '{"format":"bailo-exp-report/2"}')
    const { exitCode, stderr } = await bench.run(['report', 'merge', 'other.json'])
    expect(exitCode).toBe(2)
    expect(stderr).toContain('The file other.json is not a report in the format bailo-exp-report/1')
  })
})
