import { Credentials } from '../../src/lib/config/credentials.js'
import type { Settings } from '../../src/lib/config/settings.js'
import type { ExperimentContext } from '../../src/lib/experiments/context.js'
import { Run, type RunOptions } from '../../src/lib/run/run.js'
import type { Instance } from '../commands/read-instance.js'
import { QUICK } from './client.js'

/** The settings of an instance, with further values as a dotenv file has them. */
export function settingsOf(
  { url, accessKey, secretKey }: Instance,
  values: Readonly<Record<string, string>> = {},
): Settings {
  return {
    origin: url,
    credentials: new Credentials(url, accessKey, secretKey),
    trustedCertificates: undefined,
    envFile: '.local.env',
    lookUp: (key) => values[key],
    writeBack: () => Promise.resolve(),
    takeBack: () => Promise.resolve(false),
  }
}

/** What an experiment is given, in this process and without a journal; what it tells the user is kept. */
export function newContext(options: Partial<RunOptions> = {}): ExperimentContext & { readonly told: string[] } {
  const told: string[] = []
  const run = new Run({ concurrency: 4, isDryRun: false, retryPolicy: QUICK, ...options })
  return { run, version: '1.0.0', warn: (message) => void told.push(message), told }
}
