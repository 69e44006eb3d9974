import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from '../api/instance.js'
import { Credentials } from '../config/credentials.js'
import { createDemoModel } from '../demo/demo-model.js'
import { UsageError } from '../errors.js'
import { startSandbox, type Sandbox } from '../sandbox/index.js'

export interface SandboxSessionOptions {
  /** 0 takes a free port. */
  readonly port: number
  readonly isDemo: boolean
  readonly isDiscarding: boolean
  /** A dotenv file to write; it must not exist, because it may hold keys of another instance. */
  readonly envFile: string | undefined
  readonly version: string
  /** Ids of bailo-exp's commands, with colons; a command that begins with one of them needs no program name. */
  readonly ownCommands: readonly string[]
  /** Path of the script that runs bailo-exp. */
  readonly program: string
}

/** What a client needs to use a sandbox. The keys are worth nothing beyond it. */
export interface SandboxReport {
  readonly url: string
  readonly accessKey: string
  readonly secretKey: string
  readonly demoModelId?: string
  readonly envFile?: string
}

/** Runs a sandbox until the process is interrupted. */
export async function serveSandbox(
  options: SandboxSessionOptions,
  onReady: (report: SandboxReport) => void,
): Promise<void> {
  const interrupted = new Promise<void>((resolve) => {
    process.once('SIGINT', () => resolve())
    process.once('SIGTERM', () => resolve())
  })
  await withSandbox(options, async (report) => {
    onReady(report)
    await interrupted
  })
}

/**
 * Runs a command against a fresh sandbox.
 *
 * @returns the command's exit code; for one that a signal ended, 128 plus the signal's number, as shells have it
 * @throws UsageError when the command cannot be started
 */
export async function runInSandbox(options: SandboxSessionOptions, command: readonly string[]): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), 'bailo-exp-'))
  // Ctrl-C reaches the command as well, and the sandbox must outlive it.
  const ignore = (): void => undefined
  process.on('SIGINT', ignore)
  try {
    return await withSandbox(options, async (report) => {
      const envFile = join(directory, '.env')
      await writeEnvFile(envFile, report)
      const { url: URL, accessKey: ACCESS_KEY, secretKey: SECRET_KEY } = report
      // The file takes what the command writes back, such as the id of a model that it made.
      const environment = { ...process.env, URL, ACCESS_KEY, SECRET_KEY, BAILO_EXP_ENV_FILE: envFile }
      return runCommand(withProgram(options, command), environment)
    })
  } finally {
    process.off('SIGINT', ignore)
    await rm(directory, { recursive: true, force: true })
  }
}

async function withSandbox<T>(options: SandboxSessionOptions, use: (report: SandboxReport) => Promise<T>): Promise<T> {
  const sandbox = await start(options)
  try {
    const demoModelId = options.isDemo ? await fillDemo(sandbox, options.version) : undefined
    const { url, accessKey, secretKey } = sandbox
    const { envFile } = options
    const report = { url, accessKey, secretKey, ...(demoModelId && { demoModelId }), ...(envFile && { envFile }) }
    if (envFile !== undefined) await writeEnvFile(envFile, report)
    return await use(report)
  } finally {
    await sandbox.close()
  }
}

async function start({ port, isDiscarding }: SandboxSessionOptions): Promise<Sandbox> {
  try {
    return await startSandbox({ port, discard: isDiscarding })
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && ['EADDRINUSE', 'EACCES'].includes(String(error.code))))
      throw error
    const reason = error.code === 'EACCES' ? 'needs more rights' : 'is in use'
    throw new UsageError(`The port ${port} ${reason}.`, ['choose another with --port, or 0 for a free one'])
  }
}

async function fillDemo(sandbox: Sandbox, version: string): Promise<string> {
  const { url, accessKey, secretKey } = sandbox
  const instance = connect(
    { origin: url, credentials: new Credentials(url, accessKey, secretKey) },
    { userAgent: `bailo-exp/${version}` },
  )
  try {
    return await createDemoModel(instance)
  } finally {
    await instance.connection.close()
  }
}

async function writeEnvFile(path: string, report: SandboxReport): Promise<void> {
  const lines = [
    '# An embedded Bailo, started by bailo-exp sandbox',
    `URL=${report.url}`,
    `ACCESS_KEY=${report.accessKey}`,
    `SECRET_KEY=${report.secretKey}`,
    ...(report.demoModelId === undefined ? [] : [`CLONE_RELEASES_SOURCE_MODEL_ID=${report.demoModelId}`]),
  ]
  try {
    await writeFile(path, `${lines.join('\n')}\n`, { mode: 0o600, flag: 'wx' })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new UsageError(`The dotenv file ${path} cannot be written: ${reason}.`, [
      'name a file that does not exist yet: it might hold keys of another instance',
    ])
  }
}

function withProgram({ ownCommands, program }: SandboxSessionOptions, command: readonly string[]): readonly string[] {
  const isOwn = ownCommands.some((id) => id.split(':').every((word, index) => command[index] === word))
  return isOwn ? [process.execPath, ...process.execArgv, program, ...command] : command
}

function runCommand(command: readonly string[], environment: NodeJS.ProcessEnv): Promise<number> {
  const [file = '', ...args] = command
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: 'inherit', env: environment })
    const passOn = (): boolean => child.kill('SIGTERM')
    process.once('SIGTERM', passOn)
    child.once('close', () => process.off('SIGTERM', passOn))
    child.once('error', (error) => {
      reject(new UsageError(`The command ${file} cannot be started: ${error.message}.`))
    })
    child.once('exit', (code, signal) => {
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]))
    })
  })
}
