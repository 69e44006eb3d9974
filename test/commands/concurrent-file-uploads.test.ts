import { describe, expect, it } from 'vitest'
import { startRefusingProxy } from '../support/refusing-proxy.js'
import { changesSince, download, onRequest, startBench, type Bench } from './experiment.js'
import { createModel, readError, runFailing } from './failures.js'
import { readFiles } from './read-instance.js'

interface Result {
  target: { modelId: string; isNew: boolean }
  filePrefix: string
  steps: {
    concurrency: number
    done: number
    skipped: number
    failed: number
    bytes: number
    bytesPerSecond: number
    durationMs: number
    latencyMs?: Record<'p50' | 'p95' | 'p99' | 'max', number>
  }[]
  uploaded: number
  leftovers: number
  findings: { subject: string; message: string }[]
  run: { id: string; planned: string[]; failed: { message: string }[] }
}

const COMMAND = ['concurrent-file-uploads', '--quiet']
const SMALL = [...COMMAND, '--count', '6', '--size', '10kB']

function isUpload(method: string, path: string): boolean {
  return method === 'POST' && path.includes('/files/upload/')
}

/** Runs against a proxy that counts how many uploads are under way at once, as a server would see it. */
async function watchUploads({ sandbox }: Bench): Promise<{ url: string; most: () => number[] }> {
  const most: number[] = []
  let running = 0
  const url = await startRefusingProxy(sandbox.url, async (method, path) => {
    if (!isUpload(method, path)) return false
    const step = Number(/-(\d+)-\d+-of-/.exec(path)?.[1]) - 1
    running++
    most[step] = Math.max(most[step] ?? 0, running)
    // Long enough for others to come in.
    await new Promise((resolve) => setTimeout(resolve, 100))
    running--
    return false
  })
  return { url, most: () => most }
}

describe('concurrent-file-uploads', () => {
  it('uploads the files of a new model at the same time, and finds all of them with their exact size', async () => {
    const bench = await startBench()
    const { url, most } = await watchUploads(bench)

    const options = { env: { URL: url } }
    const args = [...COMMAND, '--count', '12', '--size', '10kB', '--concurrency', '4']
    const { result, exitCode, stderr } = await bench.runJson<Result>(args, options)

    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(most()).toEqual([4])
    const { modelId } = result.target
    expect(await bench.readEnvFile()).toContain(`CONCURRENCY_MODEL_ID=${modelId}\n`)
    const files = await readFiles(bench.sandbox, modelId)
    expect(files.map(({ size }) => size)).toEqual(Array(12).fill(10_000))
    expect(new Set(files.map(({ name }) => name)).size).toBe(12)
    for (const { name } of files) expect(name).toContain(result.run.id)
    expect(result).toMatchObject({ findings: [], leftovers: 0 })
    expect(result.steps).toMatchObject([{ concurrency: 4, done: 12, failed: 0, bytes: 120_000 }])
  })

  it('raises the concurrency step by step, with a row for each', async () => {
    const bench = await startBench()
    const { url, most } = await watchUploads(bench)

    const { stdout, exitCode } = await bench.run([...SMALL, '--ramp', '1,3,2', '--max-p95', '1h'], {
      env: { URL: url },
    })

    expect(exitCode).toBe(0)
    expect(most()).toEqual([1, 3, 2])
    const row = String.raw` +6 +0 +[\d.]+ [KM]iB/s( +[\d.]+ m?s){3}\n`
    expect(stdout).toMatch(
      new RegExp(`^at the same time +made +failed +throughput +p50 +p95 +p99\n1${row}3${row}2${row}`, 'm'),
    )
    expect(stdout).toMatch(/18 files with their exact size/)
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
  })

  it('measures what its rows say', async () => {
    const bench = await startBench()
    const { url } = await watchUploads(bench)
    const { result } = await bench.runJson<Result>([...SMALL, '--ramp', '1,6'], { env: { URL: url } })
    const [one, six] = result.steps
    // Each upload waits 100 ms at the proxy: one after the other, or all at once.
    expect(one?.durationMs).toBeGreaterThan(590)
    expect(one?.latencyMs?.p50).toBeGreaterThan(95)
    expect(six?.durationMs).toBeLessThan(one?.durationMs ?? 0)
    expect(six?.bytesPerSecond).toBeGreaterThan(one?.bytesPerSecond ?? Infinity)
    for (const { bytes, bytesPerSecond, durationMs, latencyMs } of result.steps) {
      expect(Math.abs(bytesPerSecond - (bytes / durationMs) * 1000)).toBeLessThan(bytesPerSecond / 50)
      const { p50 = 0, p95 = 0, p99 = 0, max = 0 } = latencyMs ?? {}
      expect([p50, p95, p99, max]).toEqual([p50, p95, p99, max].toSorted((a, b) => a - b))
      expect(max).toBeLessThanOrEqual(durationMs + 1)
    }
  })

  it('makes further files on a second run, with the same bytes for the same seed and others for another', async () => {
    const bench = await startBench()
    const modelId = await createModel(bench.sandbox)
    const args = [...COMMAND, '--count', '2', '--size', '100', '--model', modelId]
    for (const more of [[], [], ['--seed', 'other']]) expect((await bench.run([...args, ...more])).exitCode).toBe(0)
    const files = await readFiles(bench.sandbox, modelId)
    expect(new Set(files.map(({ name }) => name)).size).toBe(6)
    const runs = [0, 2, 4].map((start) => files.slice(start, start + 2))
    const bytesOf = async (run: typeof files) => {
      const contents = run.map(async ({ _id }) => (await download(bench.sandbox, modelId, _id)).toString('hex'))
      return (await Promise.all(contents)).toSorted()
    }
    const [first, again, other] = await Promise.all(runs.map(bytesOf))
    expect(new Set(first).size).toBe(2)
    expect(again).toEqual(first)
    expect(other?.filter((bytes) => first?.includes(bytes))).toEqual([])
  })

  it('uploads in parts on request', async () => {
    const bench = await startBench()
    const { exitCode, result } = await bench.runJson<Result>([...SMALL, '--multipart', 'always'])
    expect(exitCode).toBe(0)
    const counts = bench.sandbox.requestCounts
    expect(counts.get('POST /api/v2/model/:modelId/files/upload/multipart/finish')).toBe(6)
    expect(counts.get('POST /api/v2/model/:modelId/files/upload/simple')).toBeUndefined()
    expect(await readFiles(bench.sandbox, result.target.modelId)).toHaveLength(6)
  })

  it('keeps all uploads together below --rate-limit', async () => {
    const bench = await startBench()
    const { result } = await bench.runJson<Result>([...SMALL, '--concurrency', '6', '--rate-limit', '60kB/s'])
    expect(result.steps[0]?.bytesPerSecond).toBeLessThanOrEqual(61_000)
    expect(result.steps[0]?.durationMs).toBeGreaterThan(980)
  })

  it('that was killed is continued by --resume, with files of the same run', async () => {
    const bench = await startBench()
    const { sandbox } = bench
    const finish = 'POST /api/v2/model/:modelId/files/upload/multipart/finish'
    const pace = ['--concurrency', '1', '--multipart', 'always', '--rate-limit', '20kB/s']
    const killed = await bench.run([...SMALL, ...pace], { onStart: onRequest(sandbox, finish, 'SIGKILL') })
    expect(killed.signal).toBe('SIGKILL')

    const { result, exitCode } = await bench.runJson<Result>([COMMAND[0] ?? '', '--resume', 'last'])

    expect(exitCode).toBe(0)
    const files = await readFiles(sandbox, result.target.modelId)
    expect(files.map(({ size }) => size)).toEqual(Array(6).fill(10_000))
    expect(files.filter(({ name }) => !name.startsWith(result.filePrefix))).toEqual([])
    expect(result).toMatchObject({ uploaded: 6, leftovers: 0, findings: [] })
    const [{ done = 0, skipped = 0 } = {}] = result.steps
    expect(done).toBeLessThan(6)
    expect(done + skipped).toBe(6)

    const again = await bench.run([COMMAND[0] ?? '', '--resume', 'last'])
    expect(again.exitCode).toBe(0)
    expect(again.stdout).toMatch(/^at the same time +made +made before +failed +throughput.*\n6 +0 +6 +0$/m)
  })

  it('says no more uploads at the same time than there are files', async () => {
    const bench = await startBench()
    const args = [...COMMAND, '--count', '2', '--size', '1kB']
    const automatic = await bench.runJson<Result>([...args, '--concurrency', 'auto'])
    expect(automatic.result.steps).toMatchObject([{ concurrency: 2, done: 2 }])
    const ramp = await bench.runJson<Result>([...args, '--ramp', '1,8'])
    expect(ramp.result.steps).toMatchObject([{ concurrency: 1 }, { concurrency: 2 }])
  })

  it('changes nothing in a dry run', async () => {
    const bench = await startBench()
    const modelId = await createModel(bench.sandbox)
    const mark = bench.sandbox.requests.length
    const args = [...SMALL, '--ramp', '1,2', '--dry-run', '--model', modelId]
    const { result, exitCode, stderr } = await bench.runJson<Result>(args)
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(changesSince(bench.sandbox, mark)).toEqual([])
    expect(result.run.planned).toHaveLength(12)
    expect(new Set(result.run.planned).size).toBe(12)
    expect(result.findings).toEqual([])
    expect((await bench.run(args)).stdout).toContain('12 steps, 117.2 KiB; a dry run changes nothing.')
  })

  it('does not take a model that mirrors another', async () => {
    const bench = await startBench()
    const modelId = await createModel(bench.sandbox, 'mirrored-model')
    const { exitCode, stderr } = await bench.run([...SMALL, '--model', modelId])
    expect(exitCode).toBe(2)
    expect(stderr).toContain(`${modelId} is a mirrored-model: it changes only by mirroring.`)
    expect(await readFiles(bench.sandbox, modelId)).toEqual([])
  })
})

describe('thresholds of concurrent-file-uploads', () => {
  it.each([
    [[], 1],
    [['--max-failures', '33%'], 1],
    [['--max-failures', '2'], 0],
  ])('decide with %j that 2 failed uploads of 6 give exit code %d', async (args, expected) => {
    const bench = await startBench()
    const modelId = await createModel(bench.sandbox)
    const isRefused = (method: string, path: string) => isUpload(method, path) && /-1-[25]-of-6/.test(path)
    const env = { URL: await startRefusingProxy(bench.sandbox.url, isRefused) }

    const { result, exitCode, stderr } = await bench.runJson<Result>([...SMALL, '--model', modelId, ...args], { env })

    expect(exitCode).toBe(expected)
    expect(result.steps).toMatchObject([{ done: 4, failed: 2 }])
    expect(result.run.failed).toHaveLength(2)
    expect(await readFiles(bench.sandbox, modelId)).toHaveLength(4)
    if (expected === 0) {
      expect({ findings: result.findings, stderr }).toEqual({ findings: [], stderr: '' })
    } else {
      expect(result.findings).toMatchObject([{ subject: '2 of 6 uploads' }])
      expect(stderr).toMatch(/^Error: Not as asked for in .*: 2 of 6 uploads failed, and --max-failures allows /)
    }
  })

  it('say why uploads failed, each reason once', async () => {
    const bench = await startBench()
    const isRefused = (method: string, path: string) => isUpload(method, path) && !path.includes('-1-1-of-')
    const env = { URL: await startRefusingProxy(bench.sandbox.url, isRefused) }
    const { stdout, exitCode } = await bench.run([...SMALL, '--max-failures', '5'], { env })
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/^ {2}- 5 x POST /m)
    expect(stdout.replace(/\s+/g, ' ').match(/Refused by the test/g)).toHaveLength(1)
    expect(stdout).not.toContain('same command again')
  })

  it('find uploads that took too long, in the steps in which they did', async () => {
    const bench = await startBench()
    const url = await startRefusingProxy(bench.sandbox.url, async (method, path) => {
      // The second step's uploads wait.
      if (isUpload(method, path) && /-2-\d-of-2/.test(path)) await new Promise((resolve) => setTimeout(resolve, 5000))
      return false
    })
    const args = [...COMMAND, '--count', '2', '--size', '1kB', '--ramp', '1,2', '--max-p95', '4900ms']
    const { result, exitCode } = await bench.runJson<Result>(args, { env: { URL: url } })
    expect(exitCode).toBe(1)
    expect(result.findings).toHaveLength(1)
    expect(result.findings[0]?.subject).toBe('the 95th percentile at concurrency 2')
    expect(result.findings[0]?.message).toMatch(/^is 5\d{3}(\.\d)? ms, and --max-p95 allows 4900 ms$/)
  })

  it('are passed when nothing could be measured', async () => {
    const bench = await startBench()
    const env = { URL: await startRefusingProxy(bench.sandbox.url, isUpload) }
    const args = [...SMALL, '--max-failures', '100%', '--max-p95', '1h']
    const { result, exitCode } = await bench.runJson<Result>(args, { env })
    expect(exitCode).toBe(1)
    expect(result.findings).toMatchObject([{ message: 'is not known, because no upload was measured' }])
  })

  it('are not the end of it: a file that is not there is found', async () => {
    const bench = await startBench()
    const modelId = await createModel(bench.sandbox)
    const url = await startRefusingProxy(bench.sandbox.url, async (method, path) => {
      if (method === 'GET' && path.endsWith('/files')) {
        const [file] = await readFiles(bench.sandbox, modelId)
        const target = `${bench.sandbox.url}/api/v2/model/${modelId}/file/${file?._id ?? ''}`
        const { accessKey, secretKey } = bench.sandbox
        const authorization = `Basic ${Buffer.from(`${accessKey}:${secretKey}`).toString('base64')}`
        await fetch(target, { method: 'DELETE', headers: { authorization } })
      }
      return false
    })
    const { result, exitCode } = await bench.runJson<Result>([...SMALL, '--model', modelId], { env: { URL: url } })
    expect(exitCode).toBe(1)
    expect(result.findings).toMatchObject([{ message: 'is not listed although its upload succeeded' }])
  })

  it('say nothing when the run was interrupted, which gives 130', async () => {
    const bench = await startBench({ discard: true })
    const args = [...COMMAND, '--size', '1GB', '--multipart', 'never', '--max-p95', '1ms', '--grace', '0s', '--json']
    const { stdout, stderr, exitCode } = await bench.run(args, {
      onStart: onRequest(bench.sandbox, 'POST /api/v2/model/:modelId/files/upload/simple', 'SIGINT'),
    })
    expect(exitCode).toBe(130)
    expect(stderr).toContain('SIGINT')
    const result = JSON.parse(stdout) as Result
    expect(result.findings).toEqual([])
    expect(result.steps.map(({ failed }) => failed)).toEqual([0])
  })
})

describe.concurrent('a wrong command line of concurrent-file-uploads', () => {
  it.each([
    [
      ['--count', '0'],
      ['--count', 'greater than or equal to 1'],
    ],
    [
      ['--size', '0'],
      ['--size', '"0"', 'empty', '20MiB'],
    ],
    [
      ['--size', '9007199254740992'],
      ['--size', '2^53 - 1'],
    ],
    [
      ['--size', '20M'],
      ['--size', 'ambiguous', 'MB'],
    ],
    [
      ['--ramp', '0,1'],
      ['--ramp', '"0,1"', 'from 1 to 256', '1,2,4,8'],
    ],
    [
      ['--ramp', '1,2', '--concurrency', '4'],
      ['--ramp', '--concurrency'],
    ],
    [
      ['--max-failures', '101%'],
      ['--max-failures', '101%', 'such as 3'],
    ],
    [
      ['--max-p95', '-1s'],
      ['--max-p95', '-1s', '1.5s'],
    ],
    [
      ['--rate-limit', '0'],
      ['--rate-limit', 'nothing would ever arrive'],
    ],
  ])('%j is refused with 2', async (args, says) => {
    const env = { URL: 'http://127.0.0.1:1' }
    const result = await runFailing([...COMMAND, '--json', ...args], { exitCode: 2, says }, { env })
    expect(readError(result).exitCode).toBe(2)
  })
})
