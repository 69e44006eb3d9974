import { open } from 'node:fs/promises'
import type { ConnectSettings } from '../../config/settings.js'
import { ExpectedError, UsageError } from '../../errors.js'
import { describeFailure } from '../../files/describe-failure.js'
import type { Connection } from '../../http/connection.js'
import { showControls } from '../../http/server-text.js'
import { fetchText, MAX_SPECIFICATION_BYTES, tooLarge } from './fetch.js'
import { parseSpecification, type LoadedDocument } from './parse.js'
import { SpecificationError } from './specification-error.js'

/** Versions of Bailo's API, each with a specification of its own. */
export const API_VERSIONS = ['v2', 'v3'] as const
export type ApiVersion = (typeof API_VERSIONS)[number]

/** The addresses at which an instance may serve a version's specification, the usual one first (observed). */
const ADDRESSES: Readonly<Record<ApiVersion, readonly string[]>> = {
  v2: ['/api/v2/api-docs/swagger.json', '/api/v2/specification'],
  v3: ['/api/v3/api-docs/swagger.json'],
}

export interface LoadOptions {
  readonly userAgent: string
  /** Called with what the user should know although the specification can be used. */
  readonly tell: (message: string) => void
}

/**
 * Loads the specifications that an instance serves of itself.
 *
 * @returns those that answer, at least one
 * @throws SpecificationError when there is none; ResponseError and ConnectionError when the instance cannot be asked
 */
export async function loadFromInstance(
  settings: ConnectSettings,
  versions: readonly ApiVersion[],
  options: LoadOptions,
): Promise<LoadedDocument[]> {
  const outcomes = await withConnection(settings, options, (connection) =>
    Promise.all(versions.map((version) => tryVersion(connection, version))),
  )
  const loaded = outcomes.filter((outcome): outcome is LoadedDocument => outcome !== undefined && 'document' in outcome)
  const failures = outcomes.filter((outcome) => outcome instanceof ExpectedError)
  if (loaded.length > 0) {
    for (const { message } of failures) options.tell(`${message} This specification is left out.`)
    return loaded
  }
  if (failures[0] !== undefined) throw failures[0]
  const addresses = versions.flatMap((version) => ADDRESSES[version])
  throw new SpecificationError(settings.origin, `there is none at ${addresses.join(', ')}`, [
    'check that URL is the origin of a Bailo instance',
    'name a file or URL with --spec',
  ])
}

/**
 * Loads one version's specification. A failure is given back, so that another version's can still be used; undefined says
 * that the instance has none.
 */
async function tryVersion(
  connection: Connection,
  version: ApiVersion,
): Promise<LoadedDocument | ExpectedError | undefined> {
  try {
    for (const address of ADDRESSES[version]) {
      const url = new URL(address, connection.origin)
      const text = await fetchText(connection, url)
      if (text !== undefined) return await parseSpecification(text, url.href)
    }
    return undefined
  } catch (error) {
    if (error instanceof ExpectedError) return error
    throw error
  }
}

/**
 * Loads a specification from a file, or from a URL, which gets the keys only when it is of the origin that they are for.
 *
 * @param instance whose keys and certificates may be used
 *
 * @throws SpecificationError when it cannot be loaded; ResponseError and ConnectionError when its server cannot be asked
 */
export async function loadSpecification(
  fileOrUrl: string,
  instance: ConnectSettings | undefined,
  options: LoadOptions,
): Promise<LoadedDocument> {
  if (!/^https?:\/\//i.test(fileOrUrl)) return parseSpecification(await readSpecificationFile(fileOrUrl), fileOrUrl)
  const url = URL.canParse(fileOrUrl) ? new URL(fileOrUrl) : undefined
  if (url === undefined || url.username !== '' || url.password !== '') {
    throw new UsageError('The address of a specification must be a URL without a user name or password.', [
      'set URL, ACCESS_KEY and SECRET_KEY for an instance that asks for keys',
    ])
  }
  const settings = {
    origin: url.origin,
    credentials: instance?.origin === url.origin ? instance.credentials : undefined,
    trustedCertificates: instance?.trustedCertificates,
  }
  const text = await withConnection(settings, options, (connection) => fetchText(connection, url))
  if (text === undefined) throw new SpecificationError(url.href, 'its server answers 404', ['check the address'])
  return parseSpecification(text, url.href)
}

async function readSpecificationFile(path: string): Promise<string> {
  try {
    const handle = await open(path)
    try {
      const { size } = await handle.stat()
      if (size > MAX_SPECIFICATION_BYTES) throw tooLarge(path)
      return await handle.readFile('utf8')
    } finally {
      await handle.close()
    }
  } catch (error) {
    if (error instanceof SpecificationError) throw error
    const reason = showControls(describeFailure(error))
    throw new SpecificationError(path, `it cannot be read (${reason})`, ['check the path'], error)
  }
}

/** The network is loaded only here: a file needs none, and it takes as long to load as Node itself. */
async function withConnection<T>(
  settings: ConnectSettings,
  { userAgent }: LoadOptions,
  use: (connection: Connection) => Promise<T>,
): Promise<T> {
  const { Connection } = await import('../../http/connection.js')
  const { origin, credentials, trustedCertificates } = settings
  const connection = new Connection({ origin, credentials, trustedCertificates, userAgent })
  try {
    return await use(connection)
  } finally {
    await connection.destroy()
  }
}
