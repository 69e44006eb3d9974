import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { onTestFinished } from 'vitest'
import { startSandbox, type Sandbox, type SandboxOptions } from '../../src/lib/sandbox/index.js'
import { runCli, type CliOptions, type CliResult } from './cli.js'
import { environmentOf } from './failures.js'
import { basicAuth, callApi, type Instance } from './read-instance.js'

/** A sandbox, and a directory to work in; both are gone after the test. */
export interface Bench {
  readonly sandbox: Sandbox
  readonly directory: string
  /** Runs a command against the sandbox in that directory. */
  run(args: readonly string[], options?: CliOptions): Promise<CliResult>
  /** Runs a command with `--json`, and reads what it prints. */
  runJson<T>(args: readonly string[], options?: CliOptions): Promise<CliResult & { result: T }>
  /** The dotenv file that ids are written to. */
  readEnvFile(): Promise<string>
}

/** To be called within a test, which then cleans up. */
export async function startBench(options: SandboxOptions = {}): Promise<Bench> {
  const sandbox = await startSandbox(options)
  const directory = await mkdtemp(path.join(tmpdir(), 'bailo-exp-bench-'))
  onTestFinished(async () => {
    await sandbox.close()
    await rm(directory, { recursive: true })
  })
  const journals = { BAILO_EXP_STATE_DIR: path.join(directory, 'state') }
  const run = (args: readonly string[], more: CliOptions = {}): Promise<CliResult> =>
    runCli(args, { cwd: directory, ...more, env: { ...environmentOf(sandbox), ...journals, ...more.env } })
  return {
    sandbox,
    directory,
    run,
    runJson: async <T>(args: readonly string[], more: CliOptions = {}) => {
      const result = await run([...args, '--json'], more)
      return { ...result, result: JSON.parse(result.stdout) as T }
    },
    readEnvFile: () => readFile(path.join(directory, '.local.env'), 'utf8'),
  }
}

/** Requests since a mark, as `METHOD path`, without queries. */
export function requestsSince({ requests }: Sandbox, mark: number): string[] {
  return requests.slice(mark).map(({ method, path: target }) => `${method} ${target.split('?')[0] ?? ''}`)
}

/** Those of them that could change something. */
export function changesSince(sandbox: Sandbox, mark: number): string[] {
  return requestsSince(sandbox, mark).filter((request) => !/^(GET|HEAD|OPTIONS) /.test(request))
}

/** Uploads a file by plain HTTP, and returns its id. */
export async function upload(instance: Instance, modelId: string, name: string, sizeBytes: number): Promise<string> {
  const query = new URLSearchParams({ name })
  const response = await fetch(`${instance.url}/api/v2/model/${modelId}/files/upload/simple?${query.toString()}`, {
    method: 'POST',
    headers: { authorization: basicAuth(instance), 'content-type': 'application/octet-stream' },
    body: Buffer.alloc(sizeBytes, 7),
  })
  return ((await response.json()) as { file: { _id: string } }).file._id
}

/** Begins an upload in parts by plain HTTP, and leaves it unfinished; returns the id of the file. */
export async function leaveUnfinished(
  instance: Instance,
  modelId: string,
  name: string,
  sizeBytes: number,
): Promise<string> {
  const start = `/api/v2/model/${modelId}/files/upload/multipart/start`
  return (await callApi<{ fileId: string }>(instance, 'POST', start, { name, size: sizeBytes })).fileId
}

/** The bytes of a file, read by plain HTTP. */
export async function download(instance: Instance, modelId: string, fileId: string): Promise<Buffer> {
  const response = await fetch(`${instance.url}/api/v2/model/${modelId}/file/${fileId}/download`, {
    headers: { authorization: basicAuth(instance) },
  })
  return Buffer.from(await response.arrayBuffer())
}

/** Signals a process once so many requests of a route, such as `POST /api/v2/models`, have come to the sandbox. */
export function onRequest(
  { requestCounts }: Sandbox,
  route: string,
  signal: NodeJS.Signals,
  count = 1,
): NonNullable<CliOptions['onStart']> {
  return (child) => {
    const watch = setInterval(() => {
      if ((requestCounts.get(route) ?? 0) < count && child.exitCode === null) return
      clearInterval(watch)
      child.kill(signal)
    }, 2)
  }
}
