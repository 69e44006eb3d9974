import { connect, type Instance } from '../api/instance.js'
import type { Caller } from '../api/caller.js'
import type { Settings } from '../config/settings.js'
import { ExitCode } from '../errors.js'
import { RegistryClient } from '../registry/client.js'
import { isAbsent, skipped, type Check } from './check.js'
import { checkClock, checkReachable, checkSpecification, skipAll } from './check-instance.js'
import { checkPush, checkRegistry } from './check-registry.js'
import {
  checkActions,
  checkKeys,
  checkModel,
  checkScanners,
  checkSchema,
  checkScope,
  findMissingActions,
} from './check-rights.js'
import { CHECKED_COMMANDS, COMMAND_NEEDS, joinNeeds, type CheckedCommand, type Needs } from './needs.js'

export interface DoctorOptions {
  readonly settings: Settings
  /** Of this tool. */
  readonly version: string
  /** Limits the checks to what these need; empty: all commands. */
  readonly commands: readonly CheckedCommand[]
  /** A model to look at as well. */
  readonly modelId?: string | undefined
  /** Whether an upload may be opened and cancelled. */
  readonly mayWrite: boolean
}

/** Whether a command can be run, in words. */
export interface Verdict {
  readonly command: CheckedCommand
  readonly isReady: boolean
  readonly text: string
}

/** What `doctor --json` prints. */
export interface DoctorResult {
  readonly url: string
  readonly version: string
  readonly checks: readonly Check[]
  readonly verdicts: readonly Verdict[]
}

/** Two further attempts, soon: a doctor says what is the case, and does not wait until it is better. */
const RETRY_POLICY = { maxRetries: 2, maxElapsedMs: 10_000, baseDelayMs: 250, maxDelayMs: 2000 }

/**
 * Looks at an instance: what answers there, whether it knows the keys, and what the commands need of it. It changes
 * nothing, and takes about eight requests.
 *
 * @returns the result, and the exit code that it stands for: 3 when the instance cannot be reached or does not know the
 *   keys, 1 when another check failed
 */
export async function runDoctor(options: DoctorOptions): Promise<{ result: DoctorResult; exitCode: ExitCode }> {
  const { settings, version } = options
  const commands = options.commands.length === 0 ? CHECKED_COMMANDS : options.commands
  const instance = connect(settings, { userAgent: `bailo-exp/${version}`, retryPolicy: RETRY_POLICY })
  try {
    const { checks, caller, exitCode } = await examine(instance, options, joinNeeds(options.commands))
    const failed = checks.some(({ status }) => status === 'fail')
    const verdicts = commands.map((command) => judge(command, options, checks, caller))
    return {
      result: { url: instance.origin, version, checks, verdicts },
      exitCode: exitCode ?? (failed ? ExitCode.Findings : ExitCode.Done),
    }
  } finally {
    await instance.connection.close()
  }
}

interface Examination {
  readonly checks: readonly Check[]
  /** Undefined when the instance cannot be reached, or does not know the caller. */
  readonly caller?: Caller
  /** Of a failure that leaves nothing else to be looked at. */
  readonly exitCode?: ExitCode
}

async function examine(instance: Instance, options: DoctorOptions, needs: Needs): Promise<Examination> {
  const { settings, modelId, commands } = options
  const later = [
    ...['token-actions', 'schema'],
    ...(modelId === undefined ? [] : ['model']),
    ...(commands.length === 0 || needs.usesScanners ? ['scanners'] : []),
    ...(needs.usesRegistry ? ['registry'] : []),
    ...(needs.pushesImages ? ['push'] : []),
  ].filter((id) => id !== 'schema' || needs.makesModels)

  const reachable = await checkReachable(instance)
  if (reachable.value === undefined) {
    const skips = skipAll(['clock', 'keys', 'specification', ...later], 'the instance was not reached')
    return { checks: [reachable.check, ...skips], exitCode: ExitCode.Unreachable }
  }
  const checks: Check[] = [reachable.check, checkClock(reachable.value)]
  const keys = await checkKeys(instance, settings.credentials)
  checks.push(keys.check)
  if (keys.value === undefined) {
    checks.push(...skipAll(['specification', ...later], 'the instance does not know who asks'))
    return { checks, exitCode: keys.exitCode ?? ExitCode.Unreachable }
  }
  const caller = keys.value
  checks.push(await checkSpecification(instance))
  checks.push(checkActions(needs, caller, settings.credentials !== undefined))
  const scope = checkScope(caller, modelId)
  if (scope !== undefined) checks.push(scope)
  const client = new RegistryClient(instance.connection)
  const looks: Record<string, () => Promise<Check>> = {
    schema: () => checkSchema(instance),
    model: () => checkModel(instance, modelId ?? '', needs),
    scanners: () => checkScanners(instance, commands.includes('scanners')),
    registry: () => checkRegistry(client),
    push: () =>
      checks.some((check) => check.id === 'model' && isAbsent(check))
        ? Promise.resolve(skipped('push', 'there is no such model'))
        : checkPush(client, modelId, options.mayWrite),
  }
  for (const id of later) {
    const check = await looks[id]?.()
    if (check !== undefined) checks.push(check)
  }
  return { checks, caller }
}

/** Checks whose failure stands in the way of a command that needs what they are about. */
const BLOCKERS: readonly {
  readonly id: string
  readonly isNeeded: (needs: Needs, modelId: string | undefined) => boolean
}[] = [
  { id: 'reachable', isNeeded: () => true },
  { id: 'keys', isNeeded: () => true },
  { id: 'token-scope', isNeeded: () => true },
  { id: 'schema', isNeeded: ({ makesModels }, modelId) => makesModels && modelId === undefined },
  { id: 'model', isNeeded: ({ isInOneModel }) => isInOneModel },
  { id: 'scanners', isNeeded: ({ usesScanners }) => usesScanners },
  { id: 'registry', isNeeded: ({ usesRegistry }) => usesRegistry },
  { id: 'push', isNeeded: ({ pushesImages }) => pushesImages },
]

function judge(
  command: CheckedCommand,
  { settings, modelId }: DoctorOptions,
  checks: readonly Check[],
  caller: Caller | undefined,
): Verdict {
  const needs: Needs = COMMAND_NEEDS[command]
  const isFailed = (id: string) => checks.some((check) => check.id === id && check.status === 'fail')
  const blocked = BLOCKERS.filter(({ id, isNeeded }) => isNeeded(needs, modelId) && isFailed(id)).map(({ id }) => id)
  const missing = caller && findMissingActions(needs, caller.token, settings.credentials !== undefined)
  const reasons = [
    ...(missing === undefined || missing.length === 0 ? [] : [`needs a token with ${missing.join(', ')}`]),
    ...(blocked.length === 0 ? [] : [`see ${blocked.join(', ')} above`]),
  ]
  if (reasons.length > 0) return { command, isReady: false, text: reasons.join('; ') }
  const hasNoScanners = needs.usesScanners && checks.some(({ id, status }) => id === 'scanners' && status === 'note')
  if (hasNoScanners) return { command, isReady: true, text: 'ready, but there are no scanners to follow' }
  const isBound = needs.makesModels && modelId === undefined && caller?.token?.scope === 'models'
  return { command, isReady: true, text: isBound ? 'ready with --model: the token cannot make models' : 'ready' }
}
