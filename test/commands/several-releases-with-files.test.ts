import { describe, expect, it } from 'vitest'
import { changesSince, download, startBench } from './experiment.js'
import { createModel, createRelease, NOTHING, readContents, readError, runFailing } from './failures.js'
import { readFiles, readReleases } from './read-instance.js'

interface Result {
  target: { modelId: string; isNew: boolean }
  planned: Record<string, number>
  findings: unknown[]
  run: { planned: string[] }
}

const COMMAND = ['several-releases-with-files', '--quiet']
const MEBIBYTE = 1024 ** 2

describe('several-releases-with-files', () => {
  it('makes 31 files in 5 releases of a new model, and a second run makes nothing', async () => {
    const bench = await startBench()
    const { sandbox } = bench

    const { result, exitCode, stderr } = await bench.runJson<Result>(COMMAND)

    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    // The model, its card with the schemas to choose from, 31 files, 5 releases, and the listing at the end.
    expect(sandbox.requests).toHaveLength(1 + 2 + 31 + 5 + 1)
    const { modelId } = result.target
    expect(await bench.readEnvFile()).toContain(`SEVERAL_RELEASES_WITH_FILES_MODEL_ID=${modelId}\n`)
    const releases = await readReleases(sandbox, modelId)
    expect(releases.map(({ semver }) => semver)).toEqual(['1.0.0', '1.1.0', '1.2.0', '1.3.0', '1.4.0'])
    expect(releases.map(({ files }) => files.length)).toEqual([1, 2, 4, 8, 16])
    for (const { files } of releases) expect(files.reduce((sum, { size }) => sum + size, 0)).toBe(MEBIBYTE)
    expect(await readFiles(sandbox, modelId)).toHaveLength(31)
    const mark = sandbox.requests.length

    const again = await bench.run(COMMAND)

    expect(again).toMatchObject({ exitCode: 0, stderr: '' })
    expect(again.stdout).toContain('As asked for by comparison: 5 releases with 31 files in them.')
    expect(changesSince(sandbox, mark)).toEqual([])
  })

  it('makes the same for each size exponent, with sizes that sum exactly', async () => {
    const bench = await startBench()
    const modelId = await createModel(bench.sandbox)
    await createRelease(bench.sandbox, modelId, '0.3.1')
    const args = ['--model', modelId, '--max-count-exponent', '3', '--max-size-exponent', '2', '--bump', 'patch']

    const { stdout, exitCode } = await bench.run([...COMMAND, ...args])

    expect(exitCode).toBe(0)
    const releases = (await readReleases(bench.sandbox, modelId)).slice(1)
    expect(
      releases.map(({ semver, files }) => [semver, files.length, files.reduce((sum, f) => sum + f.size, 0)]),
    ).toEqual([
      ['0.3.2', 1, MEBIBYTE],
      ['0.3.3', 2, MEBIBYTE],
      ['0.3.4', 4, MEBIBYTE],
      ['0.3.5', 1, 10 * MEBIBYTE],
      ['0.3.6', 2, 10 * MEBIBYTE],
      ['0.3.7', 4, 10 * MEBIBYTE],
    ])
    expect(stdout).toMatch(/^version +files +together\n0\.3\.2 +1 +1 MiB +made$/m)
    expect(stdout).toMatch(/^0\.3\.7 +4 +10 MiB +made$/m)
  })

  it('makes the same bytes for the same seed, and others for another', async () => {
    const bench = await startBench()
    const first = async (...args: string[]) => {
      const modelId = await createModel(bench.sandbox)
      await bench.run([...COMMAND, '--max-count-exponent', '1', '--model', modelId, ...args])
      const [file] = await readFiles(bench.sandbox, modelId)
      return { name: file?.name, bytes: (await download(bench.sandbox, modelId, file?._id ?? '')).toString('base64') }
    }
    const [once, again, other] = [await first(), await first(), await first('--seed', 'other')]
    expect(again).toEqual(once)
    expect(other.name).not.toBe(once.name)
    expect(other.bytes).not.toBe(once.bytes)
  })

  it('changes nothing in a dry run', async () => {
    const bench = await startBench()
    const modelId = await createModel(bench.sandbox)
    const mark = bench.sandbox.requests.length
    const { result, exitCode } = await bench.runJson<Result>([...COMMAND, '--dry-run', '--model', modelId])
    expect(exitCode).toBe(0)
    expect(changesSince(bench.sandbox, mark)).toEqual([])
    expect(result.run.planned.filter((key) => key.startsWith('release '))).toEqual([
      'release 1MiB in 1 file',
      ...[2, 4, 8, 16].map((count) => `release 1MiB in ${count} files`),
    ])
    expect(await readContents(bench.sandbox, modelId)).toEqual(NOTHING)
  })

  it('does not take a model of another kind', async () => {
    const bench = await startBench()
    const modelId = await createModel(bench.sandbox, 'data-card')
    const { exitCode, stderr } = await bench.run([...COMMAND, '--model', modelId])
    expect(exitCode).toBe(2)
    expect(stderr).toContain(`${modelId} is a data-card: it has no files and releases.`)
  })
})

describe.concurrent('a wrong command line of several-releases-with-files', () => {
  it.each([
    [
      ['--max-count-exponent', '0'],
      ['--max-count-exponent', 'greater than or equal to 1'],
    ],
    [['--max-count-exponent', '-1'], ['--max-count-exponent']],
    [
      ['--max-count-exponent', '60'],
      ['--max-count-exponent', 'less than or equal to 16'],
    ],
    [
      ['--max-count-exponent', '13'],
      ['4096 files', '102400', 'nothing was made', '--max-count-exponent', '2048 files'],
    ],
    [
      ['--max-size-exponent', '0'],
      ['--max-size-exponent', 'greater than or equal to 1'],
    ],
    [
      ['--max-size-exponent', '11'],
      ['--max-size-exponent 11', '2^53 - 1 bytes', '10 or less'],
    ],
  ])('%j is refused before anything is asked of the instance', async (args, says) => {
    const env = { URL: 'http://127.0.0.1:1' }
    const result = await runFailing([...COMMAND, '--json', ...args], { exitCode: 2, says }, { env })
    expect(readError(result).exitCode).toBe(2)
  })
})
