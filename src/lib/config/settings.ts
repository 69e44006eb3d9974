import { UsageError } from '../errors.js'
import { Credentials } from './credentials.js'
import { readCertificates } from './certificates.js'
import { clearEnvFileKey, DEFAULT_ENV_FILE, readEnvFile, setEnvFileKey } from './env-file.js'

/** What one run needs to know of one Bailo instance. */
export interface Settings {
  /** Scheme, host and port of the instance; everything of Bailo is on one origin. */
  readonly origin: string
  /** Absent on a development instance that takes every caller for the user `user`. */
  readonly credentials: Credentials | undefined
  /** Certificates, in PEM, of authorities that are trusted for this instance besides the usual ones. */
  readonly trustedCertificates: string | undefined
  /** The dotenv file that model ids are written back to. */
  readonly envFile: string
  /** Other values by key, such as `CLONE_RELEASES_SOURCE_MODEL_ID`. */
  lookUp(key: string): string | undefined
  /**
   * Writes a value that this tool has made (a model id) to the dotenv file.
   *
   * @throws UsageError when the file cannot be written
   */
  writeBack(key: string, value: string): Promise<void>
  /**
   * Empties a key of the dotenv file that has this value.
   *
   * @returns whether it had
   * @throws UsageError when the file cannot be written
   */
  takeBack(key: string, value: string): Promise<boolean>
}

/** What of the settings a connection needs. */
export type ConnectSettings = Pick<Settings, 'origin' | 'credentials'> & Partial<Pick<Settings, 'trustedCertificates'>>

export interface SettingsSources {
  /** The file named by the user, which then must exist; otherwise `.local.env`, which may be absent. */
  readonly envFile?: string | undefined
  /** The flag that names this file; default: `--env-file`. */
  readonly envFileFlag?: string | undefined
  /** The instance's address by flag; it wins over environment and file. */
  readonly url?: string | undefined
  /** A file of certificate authorities by flag; it wins over CA_FILE in environment and file. */
  readonly caFile?: string | undefined
  /**
   * Environment variables win over the file. Leave them out where a command talks to two instances and each has a file
   * of its own: one variable would otherwise silently point both ends at the same instance.
   */
  readonly environment: Readonly<Record<string, string | undefined>>
}

/**
 * Reads the settings of one instance from flag, environment and dotenv file, in this order of precedence.
 *
 * @throws UsageError when the address is absent or unusable, only one of the two keys is set, or a named file cannot be
 *   read
 */
export async function loadSettings(sources: SettingsSources): Promise<Settings> {
  const envFile = sources.envFile ?? DEFAULT_ENV_FILE
  const values = await readEnvFile(envFile, { mayBeAbsent: sources.envFile === undefined, flag: sources.envFileFlag })
  const lookUp = (...names: string[]): string | undefined =>
    // The source counts before the name: keys in the environment win over the file's, under either of their names.
    names.map((name) => sources.environment[name]).find(Boolean) ?? names.map((name) => values.get(name)).find(Boolean)

  const origin = parseOrigin(sources.url ?? lookUp('URL'), envFile)
  const accessKey = lookUp('ACCESS_KEY', 'BAILO_ACCESS_KEY')
  const secretKey = lookUp('SECRET_KEY', 'BAILO_SECRET_KEY')
  if ((accessKey === undefined) !== (secretKey === undefined)) {
    throw new UsageError(
      `${accessKey === undefined ? 'SECRET_KEY is set but ACCESS_KEY' : 'ACCESS_KEY is set but SECRET_KEY'} is not.`,
      [`set both in ${envFile} or in the environment`],
    )
  }
  const caFile = sources.caFile ?? lookUp('CA_FILE')
  return {
    origin,
    trustedCertificates: caFile === undefined ? undefined : await readCertificates(caFile),
    credentials:
      accessKey !== undefined && secretKey !== undefined ? new Credentials(origin, accessKey, secretKey) : undefined,
    envFile,
    lookUp: (key) => lookUp(key),
    writeBack: (key, value) => setEnvFileKey(envFile, key, value),
    takeBack: (key, value) => clearEnvFileKey(envFile, key, value),
  }
}

/**
 * As {@link loadSettings}, for commands that can do without an instance.
 *
 * @returns undefined when no address is set anywhere
 */
export async function loadSettingsIfAny(sources: SettingsSources): Promise<Settings | undefined> {
  const values = await readEnvFile(sources.envFile ?? DEFAULT_ENV_FILE, { mayBeAbsent: sources.envFile === undefined })
  const address = sources.url ?? sources.environment['URL'] ?? values.get('URL')
  return address ? loadSettings(sources) : undefined
}

function parseOrigin(text: string | undefined, envFile: string): string {
  if (text === undefined) {
    throw new UsageError('The address of the Bailo instance is not set.', [
      `set URL in ${envFile} or in the environment, or pass --url, for example --url http://localhost:8080`,
      'or start an embedded Bailo: bailo-exp sandbox',
    ])
  }
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    throw new UsageError(`The address ${JSON.stringify(withoutCredentials(text))} is not an http or https URL.`, [
      'write it as http://localhost:8080 or https://bailo.example.com',
    ])
  }
  if (url.username !== '' || url.password !== '') {
    throw new UsageError('The address must not contain a user name or password.', [
      'set ACCESS_KEY and SECRET_KEY instead',
    ])
  }
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    throw new UsageError(`The address must be the instance's origin only, without a path.`, [`use ${url.origin}`])
  }
  return url.origin
}

/** Leaves out all that could be meant as a user name and password, also where the text is no URL. */
function withoutCredentials(text: string): string {
  return text.replace(/^([a-z]+:\/\/)?.*@/is, '$1')
}
