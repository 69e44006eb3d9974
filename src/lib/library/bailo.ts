import { createRequire } from 'node:module'
import { connect as openInstance, type Instance } from '../api/instance.js'
import type { JsonClient } from '../api/client.js'
import { loadSettings, type Settings } from '../config/settings.js'
import { UsageError } from '../errors.js'
import type { ExperimentContext } from '../experiments/context.js'
import { Run } from '../run/run.js'

/** Requests in flight at the same time, unless the caller wants more or fewer. */
const DEFAULT_CONCURRENCY = 8
/** Sockets for each: a file in parts and the layers of an image need several. */
const SOCKETS_PER_STEP = 4

/** Where an instance is and whose keys are used; what is left out comes from the environment and the dotenv file. */
export interface ConnectOptions {
  /** Origin of the instance. Default: `URL`. */
  readonly url?: string
  /** Default: `.local.env` in the working directory, if there is one. */
  readonly envFile?: string
  /** Together with `secretKey`. Default: `ACCESS_KEY` and `SECRET_KEY`. Without keys a development instance still answers. */
  readonly accessKey?: string
  readonly secretKey?: string
  /** How many layers of images are sent at the same time. Default: 8. */
  readonly concurrency?: number
  /** What synthetic bytes follow from where nothing else is said. Default: `bailo-exp`, as on the command line. */
  readonly seed?: string
  /** Called with what is worth knowing on the way. Default: nobody is told. */
  readonly onNote?: (message: string) => void
}

interface Parts {
  /** For one call each: a run that has failed for good starts no further step. */
  readonly createContext: () => ExperimentContext
  readonly instance: Instance
  readonly settings: Settings
  readonly seed: string
}

let readParts: (bailo: Bailo) => Parts

/** A Bailo instance to experiment on: what {@link connect} returns, and all other functions take. */
export class Bailo {
  readonly #parts: Parts

  /** @internal */
  constructor(parts: Parts) {
    this.#parts = parts
  }

  static {
    readParts = (bailo) => bailo.#parts
  }

  /** Origin of the instance. */
  get url(): string {
    return this.#parts.instance.origin
  }

  /**
   * A typed client for everything that has no function of its own here, from the types of Bailo's API:
   * `await bailo.json.GET('/api/v2/models/search', { params: { query: { search: 'ship' } } })` answers with `data`. It
   * throws a {@link ResponseError} for every status but success.
   */
  get json(): JsonClient {
    return this.#parts.instance.json
  }

  /** Closes the connections once running requests have ended. */
  async close(): Promise<void> {
    await this.#parts.instance.connection.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

/** What the functions of the library work with. */
export function partsOf(bailo: Bailo): Parts {
  return readParts(bailo)
}

/**
 * Prepares the connection to an instance, with the same settings as the command line. Nothing is sent yet.
 *
 * @throws UsageError when the address is absent or unusable, or only one of the two keys is there
 */
export async function connect(options: ConnectOptions = {}): Promise<Bailo> {
  const { url, envFile, accessKey, secretKey, concurrency = DEFAULT_CONCURRENCY, seed = 'bailo-exp' } = options
  if ((accessKey === undefined) !== (secretKey === undefined)) {
    throw new UsageError('Of accessKey and secretKey only one is given.', ['give both, or neither'])
  }
  const keys = accessKey === undefined ? {} : { ACCESS_KEY: accessKey, SECRET_KEY: secretKey }
  const settings = await loadSettings({ url, envFile, environment: { ...process.env, ...keys } })
  const { version } = createRequire(import.meta.url)('bailo-exp/package.json') as { version: string }
  const instance = openInstance(settings, {
    userAgent: `bailo-exp/${version}`,
    maxConnections: concurrency * SOCKETS_PER_STEP,
  })
  const warn = options.onNote ?? (() => undefined)
  const createContext = () => ({ run: new Run({ concurrency, isDryRun: false }), version, warn })
  return new Bailo({ createContext, instance, settings, seed })
}
