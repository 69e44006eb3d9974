import type { ChildProcess } from 'node:child_process'
import { dirname, join } from 'node:path'
import { connect } from '../api/instance.js'
import { Credentials } from '../config/credentials.js'
import { loadSettings } from '../config/settings.js'
import { findTimerDuration } from '../content/duration.js'
import { createDemoModel } from '../demo/demo-model.js'
import { ExitCode, UsageError } from '../errors.js'
import { importModels, type ImportOptions } from '../import-model/index.js'
import { formatDuration } from '../report/text.js'
import { startSandbox } from '../sandbox/index.js'
import type {
  FaultRule,
  MirrorPeer,
  RateLimit,
  RuleCounts,
  Sandbox,
  ServedRequest,
  TokenCost,
} from '../sandbox/index.js'
import { endOf, isOwn, startCommand, type OwnProgram } from './child-command.js'
import { keepEnvFile, readKeptPort, withEnvFile, writeEnvFile, type SandboxReport } from './sandbox-env-file.js'
import { quoteForShell } from './shell-quote.js'
import { sayTimed } from './show-requests.js'

export { FAULT_RULES_HELP, parseFaultRule, parseRateLimit, type FaultRule, type RateLimit } from '../sandbox/index.js'

export interface SandboxSessionOptions {
  /** 0 takes a free port; undefined as well, but that of the last time where everything is kept. */
  readonly port: number | undefined
  /** Undefined: this machine only. */
  readonly host: string | undefined
  /** Where everything is kept; undefined: nothing is kept. */
  readonly dataDirectory: string | undefined
  /** What to copy from another instance; undefined: nothing. */
  readonly imports: Pick<ImportOptions, 'source' | 'modelIds'> | undefined
  /** The dotenv file of another sandbox, to which exports are brought; undefined: they go nowhere. */
  readonly mirrorToEnvFile: string | undefined
  readonly isDemo: boolean
  readonly isDiscarding: boolean
  /** True for simulated scanners. */
  readonly hasScanners: boolean
  /** How many requests an address may make; undefined: as many as it likes. */
  readonly rateLimit: RateLimit | undefined
  /** Rules by which requests go wrong. */
  readonly faults: readonly FaultRule[]
  /** What checking the keys of a request takes; undefined: no time. */
  readonly tokenCost: TokenCost | undefined
  /** A dotenv file to write; it must not exist, because it may hold keys of another instance. */
  readonly envFile: string | undefined
  readonly version: string
  /** What bailo-exp itself is, for a command that is one of its own. */
  readonly own: OwnProgram
  /** True to show each request that is served. */
  readonly isVerbose: boolean
  /** Tells the user something that is no result. */
  readonly tell: (message: string) => void
}

/**
 * Reads the time that checking keys takes, such as `165ms`.
 *
 * @throws UsageError when it is none
 */
export function parseTokenCost(text: string): number {
  const costMs = findTimerDuration(text) ?? 0
  if (costMs > 0) return costMs
  throw new UsageError(`${JSON.stringify(text)} is not what checking a token may cost.`, [
    'write a time such as 165ms, which is what it takes Bailo',
  ])
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
 * @returns the command's exit code; for one that a signal ended, 128 plus the signal's number, as shells have it; 130 when
 *   the sandbox was interrupted before it could start the command
 * @throws UsageError when the command cannot be started
 */
export async function runInSandbox(options: SandboxSessionOptions, command: readonly string[]): Promise<number> {
  // Node throws on an empty name, instead of failing to start it.
  if (!command[0]) throw new UsageError('The command after "--" has no name.', ['write for example -- clone-releases'])
  let child: ChildProcess | undefined
  let isInterrupted = false
  // A terminal sends Ctrl-C to the command as well; SIGTERM comes to this process alone. The sandbox outlives the command.
  const onInterrupt = (): void => {
    isInterrupted = true
  }
  const onTerminate = (): void => {
    isInterrupted = true
    child?.kill('SIGTERM')
  }
  process.on('SIGINT', onInterrupt)
  process.on('SIGTERM', onTerminate)
  try {
    const exitCode = await withSandbox(options, (report) =>
      withEnvFile(report, options.dataDirectory, async (envFile) => {
        if (isInterrupted) return ExitCode.Interrupted
        child = startCommand(options.own, command, environmentFor(options, command, report, envFile))
        return endOf(child)
      }),
    )
    if (isOwn(options.own, command) && isLeftUndone(exitCode)) options.tell(describeEnd(options.dataDirectory))
    return exitCode
  } finally {
    process.off('SIGINT', onInterrupt)
    process.off('SIGTERM', onTerminate)
  }
}

/** What an unfinished command leaves to go on with. */
function describeEnd(dataDirectory: string | undefined): string {
  return dataDirectory === undefined
    ? 'The sandbox has ended, and with it all that the command made: there is nothing left to go on with.'
    : `The sandbox has ended: what goes on needs "bailo-exp sandbox --data-dir ${quoteForShell(dataDirectory)} --" in front of it.`
}

/** Whether a command says with its exit code that it can be gone on with. */
function isLeftUndone(exitCode: number): boolean {
  return exitCode === ExitCode.Partial || exitCode === ExitCode.Interrupted
}

function environmentFor(
  { dataDirectory, isVerbose, own }: SandboxSessionOptions,
  command: readonly string[],
  { url, accessKey, secretKey }: SandboxReport,
  envFile: string,
): NodeJS.ProcessEnv {
  // Ids of models of another instance would win over those in the file.
  const inherited = Object.entries(process.env).filter(([name]) => !name.endsWith('_MODEL_ID'))
  return {
    // A run of which nothing is left is no run to be listed or gone on with.
    ...(dataDirectory === undefined && { BAILO_EXP_STATE_DIR: join(dirname(envFile), 'runs') }),
    ...Object.fromEntries(inherited),
    // What this process says of requests would be written into a block that is drawn again and again.
    ...(isVerbose && isOwn(own, command) && { TERM: 'dumb' }),
    URL: url,
    ACCESS_KEY: accessKey,
    SECRET_KEY: secretKey,
    BAILO_EXP_ENV_FILE: envFile,
  }
}

async function withSandbox<T>(options: SandboxSessionOptions, use: (report: SandboxReport) => Promise<T>): Promise<T> {
  const { port, host, dataDirectory, isDiscarding, hasScanners, rateLimit } = options
  const { isDemo, imports, faults, mirrorToEnvFile, tokenCost, envFile, version, tell } = options
  const mirrorTo = mirrorToEnvFile === undefined ? undefined : await loadMirrorPeer(mirrorToEnvFile)
  let isReady = false
  const start = (portNumber: number): Promise<Sandbox> =>
    startSandbox({
      port: portNumber,
      discard: isDiscarding,
      ...(host !== undefined && { host }),
      ...(hasScanners && { scanners: {} }),
      ...(dataDirectory !== undefined && { dataDirectory }),
      ...(mirrorTo && { mirrorTo }),
      ...(options.isVerbose && { onServed: (request) => isReady && sayTimed(describeServed(request)) }),
    })
  const keptPort = port === undefined && dataDirectory !== undefined ? await readKeptPort(dataDirectory) : undefined
  // Somebody else may have that port by now.
  const sandbox = keptPort === undefined ? await start(port ?? 0) : await start(keptPort).catch(() => start(0))
  try {
    if (!sandbox.isLocal) tell(REACHABLE_WARNING)
    const demoModelId = isDemo ? await fillDemo(sandbox, version) : undefined
    if (imports !== undefined) await importModels(sandbox, { ...imports, version, warn: tell })
    sandbox.limitRate(rateLimit)
    sandbox.chargeTokens(tokenCost)
    sandbox.injectFaults(faults)
    sandbox.forgetRequests()
    isReady = true
    const { url, accessKey, secretKey } = sandbox
    const access: SandboxReport = {
      url,
      accessKey,
      secretKey,
      ...(demoModelId && { demoModelId }),
      ...(imports && { importedModelIds: imports.modelIds }),
    }
    const keptFile = dataDirectory === undefined ? undefined : await keepEnvFile(dataDirectory, access)
    if (envFile !== undefined) await writeEnvFile(envFile, access)
    const shownFile = envFile ?? keptFile
    const result = await use({ ...access, ...(shownFile !== undefined && { envFile: shownFile }) })
    if (faults.length > 0) for (const counts of sandbox.faultCounts) tell(describeCounts(counts))
    return result
  } finally {
    await sandbox.close()
  }
}

/** Everything is from that file: the environment is about this sandbox, if anything. */
async function loadMirrorPeer(envFile: string): Promise<MirrorPeer> {
  const { origin, credentials } = await loadSettings({ envFile, envFileFlag: '--mirror-to', environment: {} })
  return { url: origin, authorization: credentials?.authorizationFor(new URL(origin)) }
}

function describeCounts({ rule, calls, hits }: RuleCounts): string {
  return `${rule}: went wrong with ${hits} of ${calls} ${calls === 1 ? 'call' : 'calls'}`
}

function describeServed({ method, path, status, isWhole, durationMs }: ServedRequest): string {
  const end = isWhole ? '' : ' broken off'
  return `${method} ${path} ${status ?? 'no answer'} (${formatDuration(durationMs)})${end}`
}

const REACHABLE_WARNING =
  'Others can reach this sandbox: it does not listen on the loopback interface only. It takes anybody who sends no keys ' +
  'for its user, as a development instance does, and everything is sent unencrypted.'

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
