import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isInCi } from '../config/ci.js'
import { loadSettingsIfAny, type Settings } from '../config/settings.js'
import { isRecord } from '../http/errors.js'
import type { Place } from './decide.js'

/** After this time the list is read anew, beside what is under way. */
const FRESH_MS = 60_000
/** How often at most an instance is asked that did not answer. */
const BETWEEN_ATTEMPTS_MS = 10_000
/** How long pressing a key may take that asks an instance for the first time, counted from the start of the process. */
const PATIENCE_MS = 280
const POLL_MS = 15
/** More are not of use to anybody, and slow shells down. */
const MAX_IDS = 2000
/** What Bailo makes ids of (observed); nothing else is handed to a shell. */
const MODEL_ID = /^[\w-]{1,200}$/

/** A model of an instance, and what it is called. */
export interface ModelName {
  readonly id: string
  readonly name: string
}

/**
 * The models of the instance that the settings name, as they were last seen. The instance is asked by another process,
 * for which nobody waits longer than it takes to notice.
 *
 * @param start the command line of that process
 */
export async function listModelNames(
  place: Place,
  directory: string,
  start: readonly string[],
): Promise<readonly ModelName[]> {
  if (!isAllowed(process.env)) return []
  const settings = await loadPlace(place).catch(() => undefined)
  if (settings === undefined) return []
  const file = cacheFile(directory, settings)
  const ageMs = await ageOf(file)
  if (ageMs > FRESH_MS && (await ageOf(attemptFile(file))) > BETWEEN_ATTEMPTS_MS) {
    await mkdir(directory, { recursive: true, mode: 0o700 })
    await writeFile(attemptFile(file), '', { mode: 0o600 })
    const [command = '', ...args] = start
    spawn(command, args, { detached: true, stdio: 'ignore', windowsHide: true }).unref()
  }
  while (ageMs === Infinity && process.uptime() * 1000 < PATIENCE_MS && (await ageOf(file)) === Infinity) {
    await sleep(POLL_MS)
  }
  return readCache(file)
}

/** Asks the instance, and keeps what it says for the processes that complete. */
export async function refreshModelNames(place: Place, directory: string): Promise<void> {
  const settings = await loadPlace(place)
  if (settings === undefined) return
  const [{ connect }, { searchModels }] = await Promise.all([
    import('../api/instance.js'),
    import('../api/search-models.js'),
  ])
  const instance = connect(settings, { userAgent: 'bailo-exp', signal: AbortSignal.timeout(10_000) })
  try {
    const models = await searchModels(instance, {})
    const names = models
      .slice(0, MAX_IDS)
      .filter(({ id }) => MODEL_ID.test(id))
      .map(({ id, name }) => ({ id, name }))
    await mkdir(directory, { recursive: true, mode: 0o700 })
    const file = cacheFile(directory, settings)
    const temporary = `${file}.${randomBytes(6).toString('hex')}`
    await writeFile(temporary, JSON.stringify(names), { flag: 'wx', mode: 0o600 })
    await rename(temporary, file)
  } finally {
    await instance.connection.close()
  }
}

/** Whether an instance may be asked at all: not in CI, unless it is wanted. */
function isAllowed(environment: NodeJS.ProcessEnv): boolean {
  const { BAILO_EXP_COMPLETE_MODELS: wish } = environment
  return wish ? wish !== '0' : !isInCi(environment)
}

function loadPlace({ envFile, url }: Place): Promise<Settings | undefined> {
  return loadSettingsIfAny({ envFile, url, environment: process.env })
}

/** One file per instance and caller: others may see other models. */
function cacheFile(directory: string, settings: Settings): string {
  const caller = settings.lookUp('ACCESS_KEY') ?? settings.lookUp('BAILO_ACCESS_KEY') ?? ''
  const place = JSON.stringify([settings.origin, caller])
  const name = createHash('sha256').update(place).digest('hex').slice(0, 24)
  return path.join(directory, `models-${name}.json`)
}

function attemptFile(file: string): string {
  return `${file}.asked`
}

/** Time since a file was written, in milliseconds; infinite when it is not there. */
async function ageOf(file: string): Promise<number> {
  return stat(file).then(
    ({ mtimeMs }) => Date.now() - mtimeMs,
    () => Infinity,
  )
}

async function readCache(file: string): Promise<readonly ModelName[]> {
  try {
    const names: unknown = JSON.parse(await readFile(file, 'utf8'))
    if (!Array.isArray(names)) return []
    return names.flatMap((one: unknown): ModelName[] => {
      if (!isRecord(one) || typeof one['id'] !== 'string' || !MODEL_ID.test(one['id'])) return []
      return [{ id: one['id'], name: typeof one['name'] === 'string' ? one['name'] : '' }]
    })
  } catch {
    return []
  }
}
