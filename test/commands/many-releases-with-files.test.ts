import { describe, expect, it } from 'vitest'
import { startRefusingProxy } from '../support/refusing-proxy.js'
import { changesSince, download, leaveUnfinished, onRequest, startBench, upload, type Bench } from './experiment.js'
import { createModel, createRelease, createToken, NOTHING, readContents, readError, runFailing } from './failures.js'
import { callApi, readFiles, readReleases } from './read-instance.js'

interface Result {
  target: { modelId: string; isNew: boolean }
  planned: Record<string, number>
  releases: { name: string; semver?: string; isNew: boolean; files: number; bytes: number }[]
  refusedVersions: string[]
  findings: { subject: string; message: string }[]
  run: { planned: string[]; failed: { key: string; message: string }[] }
}

const COMMAND = 'many-releases-with-files'
const SMALL = [COMMAND, '--quiet', '--count', '4', '--max-size-exponent', '3']
/** floor(10^(3 * i / 4) + i) for i from 1 to 4. */
const SMALL_SIZES = [6, 33, 180, 1004]

function run(bench: Bench, ...args: string[]) {
  return bench.runJson<Result>([...SMALL, ...args])
}

/** The names of the planned files, from a dry run. */
async function planFiles(bench: Bench, modelId: string): Promise<string[]> {
  const { result } = await run(bench, '--model', modelId, '--dry-run')
  return result.run.planned.filter((key) => key.startsWith('file ')).map((key) => key.slice('file '.length))
}

/** What the releases of a model have, oldest first: version, and sizes of the files in ascending order. */
async function describeReleases({ sandbox }: Bench, modelId: string) {
  const releases = await readReleases(sandbox, modelId)
  return releases.map(({ semver, files }) => ({
    semver,
    sizes: files.map(({ size }) => size).toSorted((a, b) => a - b),
  }))
}

describe('many-releases-with-files', () => {
  it('makes 100 files and 101 releases of a new model in 210 requests at most', async () => {
    const bench = await startBench()
    const { sandbox } = bench

    const { result, exitCode, stderr } = await bench.runJson<Result>([COMMAND, '--quiet', '--max-size-exponent', '4'])

    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(sandbox.requests.length).toBeLessThanOrEqual(210)
    const { modelId } = result.target
    expect(await bench.readEnvFile()).toContain(`MANY_RELEASES_WITH_FILES_MODEL_ID=${modelId}\n`)
    const files = await readFiles(sandbox, modelId)
    const sizes = Array.from({ length: 100 }, (_nothing, index) => {
      const i = index + 1
      return Math.floor(Math.pow(10, (4 * i) / 100) + i)
    })
    expect(files.map(({ size }) => size).toSorted((a, b) => a - b)).toEqual(sizes)
    expect(new Set(files.map(({ name }) => name)).size).toBe(100)
    expect(await describeReleases(bench, modelId)).toEqual(
      Array.from({ length: 101 }, (_nothing, count) => ({ semver: `1.${count}.0`, sizes: sizes.slice(0, count) })),
    )
    expect(result).toMatchObject({ findings: [], refusedVersions: [], target: { isNew: true } })
    expect(result.releases.at(-1)).toMatchObject({ semver: '1.100.0', files: 100, isNew: true })
  })

  it('makes nothing on a second run, and says so', async () => {
    const bench = await startBench()
    const first = await bench.run(SMALL)
    expect(first).toMatchObject({ exitCode: 0, stderr: '' })
    expect(first.stdout).toMatch(/^As asked for by comparison: 5 releases with 10 files in them\.$/m)
    const mark = bench.sandbox.requests.length

    const { stdout, exitCode } = await bench.run(SMALL)

    expect(exitCode).toBe(0)
    expect(stdout).toContain('Nothing to do: all releases are there already.')
    expect(stdout).toMatch(/^1\.4\.0 +4 +1\.2 KiB +there already$/m)
    expect(changesSince(bench.sandbox, mark)).toEqual([])
    for (const line of (first.stdout + stdout).split('\n')) expect(line.length).toBeLessThanOrEqual(80)
  })

  it('uses files of the right name and size that are there, and no others', async () => {
    const bench = await startBench()
    const { sandbox } = bench
    const modelId = await createModel(sandbox)
    const [first = '', second = '', third = ''] = await planFiles(bench, modelId)
    const right = await upload(sandbox, modelId, first, 6)
    const wrongSize = await upload(sandbox, modelId, second, 34)
    const unfinished = await leaveUnfinished(sandbox, modelId, third, 180)

    const { result, exitCode } = await run(bench, '--model', modelId)

    expect(exitCode).toBe(0)
    expect(result.planned).toMatchObject({ files: 3, reusedFiles: 1, releases: 5 })
    const last = (await readReleases(sandbox, modelId)).at(-1)
    expect(last?.files.map(({ size }) => size).toSorted((a, b) => a - b)).toEqual(SMALL_SIZES)
    expect(last?.fileIds).toContain(right)
    expect(last?.fileIds).not.toContain(wrongSize)
    expect(last?.fileIds).not.toContain(unfinished)
  })

  it('goes on from the highest version, drafts included, and passes over versions that were deleted', async () => {
    const bench = await startBench()
    const { sandbox } = bench
    const modelId = await createModel(sandbox)
    await createRelease(sandbox, modelId, '1.9.0')
    const draft = { semver: '1.10.0', notes: 'n', draft: true, fileIds: [], images: [] }
    await callApi(sandbox, 'POST', `/api/v2/model/${modelId}/releases`, draft)
    for (const semver of ['1.11.0', '1.13.0']) {
      await createRelease(sandbox, modelId, semver)
      await callApi(sandbox, 'DELETE', `/api/v2/model/${modelId}/release/${semver}`)
    }

    const { result, exitCode } = await run(bench, '--model', modelId)

    expect(exitCode).toBe(0)
    expect(result.refusedVersions).toEqual(['1.11.0', '1.13.0'])
    expect((await describeReleases(bench, modelId)).slice(2)).toEqual(
      ['1.12.0', '1.14.0', '1.15.0', '1.16.0', '1.17.0'].map((semver, count) => ({
        semver,
        sizes: SMALL_SIZES.slice(0, count),
      })),
    )
    const { stdout } = await bench.run([...SMALL, '--model', modelId, '--bump', 'major', '--seed', 'other'])
    expect(stdout).toMatch(/^2\.0\.0 [^]*^6\.0\.0 /m)
  })

  it('makes the same names, sizes and bytes for the same seed, and others for another', async () => {
    const bench = await startBench()
    const { sandbox } = bench
    const describeFiles = async (...args: string[]) => {
      const modelId = await createModel(sandbox)
      expect((await run(bench, '--model', modelId, ...args)).exitCode).toBe(0)
      const files = (await readFiles(sandbox, modelId)).toSorted((a, b) => a.size - b.size)
      const described = files.map(async ({ _id, name, size }) => {
        return { name, size, bytes: (await download(sandbox, modelId, _id)).toString('hex') }
      })
      return Promise.all(described)
    }

    const [first, again, other] = [await describeFiles(), await describeFiles(), await describeFiles('--seed', 'x')]
    const zeros = await describeFiles('--fill', 'zeros')

    expect(again).toEqual(first)
    expect(other.map(({ size }) => size)).toEqual(SMALL_SIZES)
    for (const key of ['name', 'bytes'] as const) {
      const [values, others] = [first.map((file) => file[key]), other.map((file) => file[key])]
      expect(others.filter((value) => values.includes(value))).toEqual([])
    }
    expect(zeros.map(({ bytes }) => bytes)).toEqual(SMALL_SIZES.map((size) => '00'.repeat(size)))
    // Zeros never stand in for noise.
    expect(zeros.filter(({ name }) => first.some((file) => file.name === name))).toEqual([])
  })

  it('changes nothing in a dry run, and lists what it would make', async () => {
    const bench = await startBench()
    const { sandbox } = bench
    const modelId = await createModel(sandbox)
    const mark = sandbox.requests.length

    const existing = await bench.run([...SMALL, '--model', modelId, '--dry-run'])
    const fresh = await run(bench, '--dry-run')

    expect(changesSince(sandbox, mark)).toEqual([])
    expect(existing).toMatchObject({ exitCode: 0, stderr: '' })
    expect(existing.stdout).toContain('9 steps, 1.2 KiB; a dry run changes nothing.')
    expect(existing.stdout).toContain('Versions would go up from 1.0.0')
    expect(fresh.result.run.planned.map((key) => key.split(' ')[0])).toEqual([
      'model',
      'card',
      ...Array<string>(4).fill('file'),
      ...Array<string>(5).fill('release'),
    ])
    expect(await readContents(sandbox, modelId)).toEqual(NOTHING)
    await expect(bench.readEnvFile()).rejects.toThrow()
  })

  it('ends with 4 when an upload fails, and the same command does the rest without making anything twice', async () => {
    const bench = await startBench()
    const { sandbox } = bench
    const modelId = await createModel(sandbox)
    const proxy = await startRefusingProxy(sandbox.url, (method, path) => method === 'POST' && path.includes('many-3-'))

    const failing = await bench.runJson<Result>([...SMALL, '--model', modelId], { env: { URL: proxy } })

    expect(failing.exitCode).toBe(4)
    expect(failing.stderr).toMatch(/1 step failed .* file many-3-of-4-.*Refused by the test/)
    expect(failing.result.run.failed).toHaveLength(1)
    expect(failing.result.findings.map(({ subject, message }) => `${subject} ${message}`)).toEqual([
      'release first 3 of 4 files was not made',
      'release first 4 of 4 files was not made',
    ])
    expect(await describeReleases(bench, modelId)).toHaveLength(3)

    const { exitCode, result } = await run(bench, '--model', modelId)

    expect(exitCode).toBe(0)
    expect(result.planned).toMatchObject({ files: 1, reusedFiles: 3, releases: 2, existingReleases: 3 })
    expect(await readFiles(sandbox, modelId)).toHaveLength(4)
    expect(await describeReleases(bench, modelId)).toEqual(
      Array.from({ length: 5 }, (_nothing, count) => ({ semver: `1.${count}.0`, sizes: SMALL_SIZES.slice(0, count) })),
    )
  })

  it.each([
    [[], ['1.0.0', '1.1.0'], 3],
    [['--keep-going'], ['1.0.0', '1.1.0', '1.2.0', '1.3.0'], 1],
  ])('makes no later release after one that failed, except with %j', async (args, versions, missing) => {
    const bench = await startBench()
    const modelId = await createModel(bench.sandbox)
    let releases = 0
    const isThird = (method: string, path: string) => {
      return method === 'POST' && path.endsWith('/releases') && ++releases === 3
    }
    const proxy = await startRefusingProxy(bench.sandbox.url, isThird)

    const { exitCode, result } = await bench.runJson<Result>([...SMALL, '--model', modelId, ...args], {
      env: { URL: proxy },
    })

    expect(exitCode).toBe(4)
    expect(result.run.failed).toEqual([expect.objectContaining({ key: 'release first 2 of 4 files' })])
    expect(result.findings).toHaveLength(missing)
    // The version that the failed release was to have is not used for another.
    const expected = args.length === 0 ? versions : ['1.0.0', '1.1.0', '1.3.0', '1.4.0']
    expect((await describeReleases(bench, modelId)).map(({ semver }) => semver)).toEqual(expected)
  })

  it('stops on Ctrl-C with 130, and a second run ends as one that was not stopped', async () => {
    const bench = await startBench()
    const { sandbox } = bench
    const modelId = await createModel(sandbox)
    const args = [COMMAND, '--quiet', '--count', '6', '--max-size-exponent', '5', '--model', modelId]

    const stopped = await bench.run([...args, '--rate-limit', '20kB/s', '--grace', '0s'], {
      onStart: onRequest(sandbox, 'POST /api/v2/model/:modelId/releases', 'SIGINT'),
    })

    expect(stopped.exitCode).toBe(130)
    expect((await readReleases(sandbox, modelId)).length).toBeLessThan(7)
    expect((await bench.run(args)).exitCode).toBe(0)
    const releases = await describeReleases(bench, modelId)
    expect(releases.map(({ sizes }) => sizes.length)).toEqual([0, 1, 2, 3, 4, 5, 6])
    const names = (await readFiles(sandbox, modelId)).map(({ name }) => name)
    expect(new Set(names).size).toBe(6)
  })

  it('that was killed is continued by --resume, and ends as one that was not', async () => {
    const bench = await startBench()
    const { sandbox } = bench
    const killed = await bench.run([COMMAND, '--count', '6', '--max-size-exponent', '4', '--rate-limit', '5kB/s'], {
      onStart: onRequest(sandbox, 'POST /api/v2/model/:modelId/releases', 'SIGKILL'),
    })
    expect(killed.signal).toBe('SIGKILL')

    const { result, exitCode } = await bench.runJson<Result>([COMMAND, '--resume', 'last'])

    expect(exitCode).toBe(0)
    const { modelId } = result.target
    const releases = await describeReleases(bench, modelId)
    expect(releases.map(({ semver, sizes }) => `${semver} ${sizes.length}`)).toEqual(
      [0, 1, 2, 3, 4, 5, 6].map((count) => `1.${count}.0 ${count}`),
    )
    expect(await readFiles(sandbox, modelId)).toHaveLength(6)
    const { models } = await callApi<{ models: unknown[] }>(sandbox, 'GET', '/api/v2/models/search')
    expect(models).toHaveLength(1)
  })

  it('finds what is not as it made it', async () => {
    const bench = await startBench()
    const { sandbox } = bench
    const modelId = await createModel(sandbox)
    let listings = 0
    // Before the listing at the end, somebody deletes a file.
    const proxy = await startRefusingProxy(sandbox.url, async (method, path) => {
      if (method === 'GET' && path.endsWith('/releases') && ++listings === 2) {
        const file = (await readFiles(sandbox, modelId)).find(({ name }) => name.startsWith('many-3-'))
        await callApi(sandbox, 'DELETE', `/api/v2/model/${modelId}/file/${file?._id ?? ''}`)
      }
      return false
    })

    const options = { env: { URL: proxy } }
    const { result, exitCode, stderr } = await bench.runJson<Result>([...SMALL, '--model', modelId], options)

    expect(exitCode).toBe(1)
    expect(stderr).toContain('Not as asked for')
    expect(result.findings).toEqual(
      ['1.3.0 (first 3', '1.4.0 (first 4'].map((start) => ({
        subject: `release ${start} of 4 files)`,
        message: expect.stringMatching(/^lacks the file "many-3-of-4-[0-9a-f]{6}\.bin"$/) as string,
      })),
    )
  })

  it('keeps its result when the listing at the end fails', async () => {
    const bench = await startBench()
    const modelId = await createModel(bench.sandbox)
    let listings = 0
    const isLast = (method: string, path: string) => method === 'GET' && path.endsWith('/releases') && ++listings === 2
    const proxy = await startRefusingProxy(bench.sandbox.url, isLast)

    const options = { env: { URL: proxy } }
    const { result, exitCode } = await bench.runJson<Result>([...SMALL, '--model', modelId], options)

    expect(exitCode).toBe(1)
    expect(result.findings).toMatchObject([{ subject: 'the check at the end' }])
    expect(result.findings[0]?.message).toContain('Refused by the test')
    expect(result.releases.map(({ semver }) => semver)).toEqual(['1.0.0', '1.1.0', '1.2.0', '1.3.0', '1.4.0'])
  })
})

describe.concurrent('a wrong command line of many-releases-with-files', () => {
  it.each([
    [
      ['--count', '0'],
      ['--count', 'greater than or equal to 1'],
    ],
    [
      ['--count', 'all'],
      ['--count', 'integer'],
    ],
    [
      ['--max-size-exponent', '-1'],
      ['--max-size-exponent', 'greater than or equal to 0'],
    ],
    [
      ['--max-size-exponent', '16'],
      ['--max-size-exponent 16', '2^53 - 1 bytes', '15 or less'],
    ],
    [
      ['--rate-limit', '0'],
      ['--rate-limit', 'nothing would ever arrive'],
    ],
    [
      ['--rate-limit', '5M'],
      ['--rate-limit', 'ambiguous'],
    ],
    [
      ['--bump', 'most'],
      ['--bump', 'major, minor, patch'],
    ],
    [
      ['--count', '4000'],
      ['4000 files', '102400', 'nothing was made', '--count', '--keep-going'],
    ],
  ])('%j is refused before anything is asked of the instance', async (args, says) => {
    const env = { URL: 'http://127.0.0.1:1' }
    const result = await runFailing([COMMAND, '--quiet', '--json', ...args], { exitCode: 2, says }, { env })
    expect(readError(result).exitCode).toBe(2)
  })
})

describe('what many-releases-with-files refuses', () => {
  it.each(['data-card', 'mirrored-model', 'mirrored-data-card'])('a %s, and puts nothing into it', async (kind) => {
    const bench = await startBench()
    const modelId = await createModel(bench.sandbox, kind)
    const mark = bench.sandbox.requests.length
    const result = await bench.run([...SMALL, '--model', modelId])
    expect(result.exitCode).toBe(2)
    expect(result.stderr).toContain(`${modelId} is a ${kind}`)
    expect(changesSince(bench.sandbox, mark)).toEqual([])
  })

  it('a model that does not exist', async () => {
    const bench = await startBench()
    const { exitCode, stderr } = await bench.run([...SMALL, '--model', 'nothing-ab12cd'])
    expect(exitCode).toBe(2)
    expect(stderr).toContain('nothing-ab12cd')
  })

  it('a token that may not make releases, with 3 and the action that is missing', async () => {
    const bench = await startBench()
    const env = await createToken(bench.sandbox, { without: ['release:write'] })
    const modelId = await createModel(bench.sandbox)
    const { exitCode, stderr } = await bench.run([...SMALL, '--model', modelId], { env })
    expect(exitCode).toBe(3)
    expect(stderr).toContain('release:write')
    expect(await readReleases(bench.sandbox, modelId)).toEqual([])
  })
})
