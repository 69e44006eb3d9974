import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCli, signalGroup, type CliOptions, type CliProcess, type CliResult } from './cli.js'
import { runFailing } from './failures.js'
import { basicAuth, callApi, readManifest, readReleases, type Instance } from './read-instance.js'

/** Where all processes of this file keep what is temporary; whatever is there in the end, they have left behind. */
let temporary: string
/** Where they are started. */
let cwd: string

beforeAll(async () => {
  temporary = await mkdtemp(path.join(tmpdir(), 'bailo-exp-sandbox-tmp-'))
  cwd = await mkdtemp(path.join(tmpdir(), 'bailo-exp-sandbox-cwd-'))
})

afterAll(async () => {
  const left = await readdir(temporary)
  await Promise.all([temporary, cwd].map((directory) => rm(directory, { recursive: true })))
  expect(left).toEqual([])
})

function run(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return runCli(['sandbox', ...args], { cwd, ...options, env: { TMPDIR: temporary, TEMP: temporary, ...options.env } })
}

/** Runs a sandbox until `use` has returned, and ends it by a signal. */
async function serve(
  args: readonly string[],
  signal: NodeJS.Signals,
  use: (output: string) => Promise<void>,
): Promise<CliResult> {
  return runUntil(args, /\}\n|Ctrl-C[^]*SECRET_KEY=.*\n/, async (child, output) => {
    try {
      await use(output)
    } finally {
      child.kill(signal)
    }
  })
}

/** Runs a sandbox and acts once its output on stdout matches. */
async function runUntil(
  args: readonly string[],
  pattern: RegExp,
  act: (child: CliProcess, output: string) => unknown,
): Promise<CliResult> {
  let output = ''
  let acting: Promise<PromiseSettledResult<unknown>[]> | undefined
  const result = await run(args, {
    onStart: (child) => {
      child.stdout.on('data', (chunk: Buffer) => {
        output += chunk.toString()
        if (pattern.test(output)) acting ??= Promise.allSettled([act(child, output)])
      })
    },
  })
  if (acting === undefined) throw new Error(`it ended without the output: ${result.stderr}`)
  for (const outcome of await acting) if (outcome.status === 'rejected') throw outcome.reason
  return result
}

function parseEnv(text: string): Instance & { source: string | undefined } {
  const read = (key: string) => new RegExp(`^${key}=(.*)$`, 'm').exec(text)?.[1]
  const source = read('CLONE_RELEASES_SOURCE_MODEL_ID')
  return { url: read('URL') ?? '', accessKey: read('ACCESS_KEY') ?? '', secretKey: read('SECRET_KEY') ?? '', source }
}

/** A program that only Node is needed for. */
function node(script: string, ...args: string[]): string[] {
  return ['--', process.execPath, '-e', script, ...args]
}

describe.concurrent('a sandbox on its own', () => {
  it('prints an address and keys that work, until Ctrl-C', async () => {
    const { exitCode, stderr } = await serve([], 'SIGINT', async (output) => {
      const instance = parseEnv(output)
      expect(instance.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
      expect(await callApi(instance, 'GET', '/api/v2/models/search')).toEqual({ models: [] })
      expect((await readdir(temporary)).length).toBeGreaterThan(0)
      expect(Math.max(...output.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80)
    })
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  })

  it('prints one document with --json, and writes a dotenv file for its owner', async () => {
    const file = path.join(cwd, 'sandbox.env')
    const { exitCode, stderr, stdout } = await serve(['--json', '--write-env', file], 'SIGTERM', async (output) => {
      const report = JSON.parse(output) as Instance & { envFile: string }
      expect(report.envFile).toBe(file)
      const { url, accessKey, secretKey } = parseEnv(await readFile(file, 'utf8'))
      expect(report).toMatchObject({ url, accessKey, secretKey })
      if (process.platform !== 'win32') expect((await stat(file)).mode & 0o777).toBe(0o600)

      // With the file a command reaches the sandbox: what it complains about is only there.
      const args = ['clone-releases', '--env-file', file, '--from', 'nothing-ab12cd']
      await runFailing(args, { exitCode: 2, says: ['404', 'The requested entry was not found'] })
    })
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(() => JSON.parse(stdout) as unknown).not.toThrow()
  })

  it('does not overwrite a dotenv file', async () => {
    const file = path.join(cwd, 'precious.env')
    await writeFile(file, 'URL=https://bailo.example.com\n')
    const says = [file, 'EEXIST', 'keys of another instance']
    const { stdout } = await runFailing(
      ['sandbox', '--write-env', file],
      { exitCode: 2, says },
      { env: { TMPDIR: temporary } },
    )
    expect(stdout).toBe('')
    expect(await readFile(file, 'utf8')).toBe('URL=https://bailo.example.com\n')
  })

  it('says when its port is taken', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const port = String((other.address() as AddressInfo).port)
    try {
      await runFailing(
        ['sandbox', '--port', port],
        { exitCode: 2, says: [port, 'port'] },
        { env: { TMPDIR: temporary } },
      )
    } finally {
      await new Promise((resolve) => other.close(resolve))
    }
  })

  it('says when it has no place for its files', async () => {
    const missing = path.join(temporary, 'missing')
    await runFailing(['sandbox', '--', 'true'], { exitCode: 2, says: [missing] }, { env: { TMPDIR: missing } })
  })

  it('drops large uploads with --discard, and gives zeros back', async () => {
    await serve(['--discard'], 'SIGTERM', async (output) => {
      const instance = parseEnv(output)
      const body = { name: 'Load', kind: 'model', description: 'd' }
      const { model } = await callApi<{ model: { id: string } }>(instance, 'POST', '/api/v2/models', body)
      const authorization = basicAuth(instance)
      const sizeBytes = 3_000_001
      const uploaded = await fetch(`${instance.url}/api/v2/model/${model.id}/files/upload/simple?name=a.bin`, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/octet-stream' },
        body: Buffer.alloc(sizeBytes, 7),
      })
      const { file } = (await uploaded.json()) as { file: { _id: string; size: number } }
      expect(file.size).toBe(sizeBytes)
      const url = `${instance.url}/api/v2/model/${model.id}/file/${file._id}/download`
      const bytes = Buffer.from(await (await fetch(url, { headers: { authorization } })).arrayBuffer())
      expect(bytes.equals(Buffer.alloc(sizeBytes))).toBe(true)
    })
  })
})

describe.concurrent('the demo', () => {
  it('has releases, files and images of all sorts', async () => {
    await serve(['--demo'], 'SIGTERM', async (output) => {
      const instance = parseEnv(output)
      const modelId = instance.source ?? ''
      const releases = await readReleases(instance, modelId)

      expect(releases.length).toBeGreaterThanOrEqual(8)
      expect(releases.some(({ draft }) => draft)).toBe(true)
      expect(releases.some(({ minor }) => minor)).toBe(true)
      expect(releases.some(({ semver }) => /^\d+\.\d+\.\d+-/.test(semver))).toBe(true)

      const fileIds = releases.flatMap((release) => release.fileIds)
      expect(new Set(fileIds).size).toBeLessThan(fileIds.length)

      const images = new Map(
        releases.flatMap((release) => release.images.map(({ name, tag }) => [`${name}:${tag}`, { name, tag }])),
      )
      const manifests = await Promise.all(
        [...images.values()].map(({ name, tag }) => readManifest(instance, `${modelId}/${name}`, tag)),
      )
      const single = manifests.filter(({ manifests }) => manifests === undefined)
      expect(single.some(({ layers }) => layers.length === 3)).toBe(true)
      const digests = single.flatMap(({ layers }) => layers.map(({ digest }) => digest))
      expect(new Set(digests).size).toBeLessThan(digests.length)
      const platforms = manifests.map(({ manifests = [] }) =>
        manifests.filter(({ platform }) => platform?.os === 'linux'),
      )
      expect(platforms.filter((list) => list.length === 2)).toHaveLength(1)
    })
  })
})

describe.concurrent('a command in a sandbox', () => {
  it('gets its arguments, an address and keys, and its exit code is passed on', async () => {
    const script = `
      const { env, argv } = process
      const file = require('node:fs').readFileSync(env.BAILO_EXP_ENV_FILE, 'utf8')
      console.log(JSON.stringify({ env, file, args: argv.slice(1) }))
      process.exit(7)`
    const args = ['same', '--json', '', 'a b', '--', 'same', '--demo']
    // Ids of models elsewhere are of no use in it.
    const env = { CLONE_RELEASES_DESTINATION_MODEL_ID: 'elsewhere-ab12cd' }
    const { exitCode, stdout, stderr } = await run(['--demo', ...node(script, ...args)], { env })

    expect({ exitCode, stderr }).toEqual({ exitCode: 7, stderr: '' })
    const seen = JSON.parse(stdout) as { args: string[]; env: Record<string, string>; file: string }
    expect(seen.args).toEqual(args)
    const { url, accessKey, secretKey, source } = parseEnv(seen.file)
    expect(seen.env).toMatchObject({ URL: url, ACCESS_KEY: accessKey, SECRET_KEY: secretKey })
    expect(seen.env).not.toHaveProperty('CLONE_RELEASES_DESTINATION_MODEL_ID')
    expect(source).toMatch(/^[a-z-]+-[a-z0-9]{6}$/)
  })

  it('may be one of its own, without the name of the program', async () => {
    const { exitCode, stdout, stderr } = await run(['--demo', '--', 'clone-releases', '--quiet', '--json'])
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(JSON.parse(stdout)).toMatchObject({ experiment: 'clone-releases', comparison: { differences: [] } })
  })

  it('fails as it would outside', async () => {
    const args = ['sandbox', '--', 'clone-releases', '--env-file', 'absent.env']
    const { stdout } = await runFailing(args, { exitCode: 2, says: ['absent.env'] }, { env: { TMPDIR: temporary } })
    expect(stdout).toBe('')
  })

  it.runIf(process.platform !== 'win32')('that a signal ended gives 128 and its number', async () => {
    expect(await run(node('process.kill(process.pid, "SIGKILL")'))).toMatchObject({ exitCode: 137, signal: null })
  })

  it.runIf(process.platform !== 'win32')('is ended by SIGTERM to the sandbox', async () => {
    const script = 'process.on("SIGTERM", () => process.exit(9)); console.log("up"); setInterval(() => {}, 1000)'
    const result = await runUntil(node(script), /up/, (child) => child.kill('SIGTERM'))
    expect(result).toMatchObject({ exitCode: 9, signal: null, stderr: '' })
  })

  it.runIf(process.platform !== 'win32')('decides itself what Ctrl-C means, and the sandbox outlives it', async () => {
    const script = `
      process.on("SIGINT", async () => {
        const answer = await fetch(process.env.URL + "/api/v2/system/status")
        console.log(answer.status)
        process.exit(8)
      })
      console.log("up")
      setInterval(() => {}, 1000)`
    const result = await runUntil(node(script), /up/, (child) => signalGroup(child, 'SIGINT'))
    expect(result).toMatchObject({ exitCode: 8, signal: null, stdout: 'up\n200\n', stderr: '' })
  })

  it.each([
    ['that does not exist', ['--', 'no-such-command'], ['there is no no-such-command', 'bailo-exp help']],
    ['without a name', ['--', ''], ['no name']],
    ['after a flag that does not exist', ['--bogus', '--', 'true'], ['--bogus', '--help']],
  ])('%s is refused with 2', async (_what, args, says) => {
    const { stdout } = await runFailing(['sandbox', ...args], { exitCode: 2, says }, { env: { TMPDIR: temporary } })
    expect(stdout).toBe('')
  })
})
