import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { readEnvFile, setEnvFileKey } from '../config/env-file.js'
import { UsageError } from '../errors.js'

/** What a client needs to use a sandbox. The keys are worth nothing beyond it. */
export interface SandboxReport {
  readonly url: string
  readonly accessKey: string
  readonly secretKey: string
  readonly demoModelId?: string
  /** Ids of the models that were copied from another instance, the same as there. */
  readonly importedModelIds?: readonly string[]
  /** A dotenv file with all that. */
  readonly envFile?: string
}

/** The model that a command works on when it is not told another one. */
export function findSourceModelId({ demoModelId, importedModelIds = [] }: SandboxReport): string | undefined {
  return demoModelId ?? importedModelIds[0]
}

/**
 * Writes a dotenv file for a sandbox.
 *
 * @throws UsageError when there is one already, since it may hold keys of another instance
 */
export async function writeEnvFile(file: string, report: SandboxReport): Promise<void> {
  const lines = [...settingsOf(report)].map(([key, value]) => `${key}=${value}`)
  try {
    const text = ['# An embedded Bailo, started by bailo-exp sandbox', ...lines, ''].join('\n')
    await writeFile(file, text, { mode: 0o600, flag: 'wx' })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new UsageError(`The dotenv file ${file} cannot be written: ${reason}.`, [
      'name a file that does not exist yet: it might hold keys of another instance',
    ])
  }
}

/**
 * Brings the dotenv file in a data directory up to date. What commands wrote there, such as ids of models, stays.
 *
 * @returns its path
 */
export async function keepEnvFile(dataDirectory: string, report: SandboxReport): Promise<string> {
  const file = keptEnvFile(dataDirectory)
  for (const [key, value] of settingsOf(report)) await setEnvFileKey(file, key, value)
  return file
}

/** The port that the last sandbox on a data directory had; undefined when there was none. */
export async function readKeptPort(dataDirectory: string): Promise<number | undefined> {
  const settings = await readEnvFile(keptEnvFile(dataDirectory), { mayBeAbsent: true })
  const url = settings.get('URL') ?? ''
  return URL.canParse(url) ? Number(new URL(url).port) : undefined
}

/** Gives a command a dotenv file for what it writes back, such as the id of a model that it made. */
export async function withEnvFile<T>(
  report: SandboxReport,
  dataDirectory: string | undefined,
  use: (envFile: string) => Promise<T>,
): Promise<T> {
  if (dataDirectory !== undefined) return use(keptEnvFile(dataDirectory))
  const directory = await mkdtemp(path.join(tmpdir(), 'bailo-exp-'))
  try {
    const envFile = path.join(directory, '.env')
    await writeEnvFile(envFile, report)
    return await use(envFile)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

function keptEnvFile(dataDirectory: string): string {
  return path.resolve(dataDirectory, 'sandbox.env')
}

function settingsOf(report: SandboxReport): Map<string, string> {
  const { url, accessKey, secretKey } = report
  const sourceModelId = findSourceModelId(report)
  return new Map([
    ['URL', url],
    ['ACCESS_KEY', accessKey],
    ['SECRET_KEY', secretKey],
    ...(sourceModelId === undefined ? [] : [['CLONE_RELEASES_SOURCE_MODEL_ID', sourceModelId] as const]),
  ])
}
