import { ExitCode, ExpectedError } from '../errors.js'
import { showServerText } from '../http/server-text.js'

/** Where a registry sends its clients for a token. */
export interface Challenge {
  /** The URL of the token endpoint. */
  readonly realm: URL
  readonly service: string | undefined
}

/**
 * Reads the challenge of a registry (RFC 6750 and the distribution project's token authentication).
 *
 * @returns undefined when the header holds no Bearer challenge
 * @throws ExpectedError when the realm is not of the configured origin: the keys were given for that origin only
 */
export function parseChallenge(header: string | null, origin: string): Challenge | undefined {
  const parameters = /^\s*Bearer\s+(.*)$/i.exec(header ?? '')?.[1]
  if (parameters === undefined) return undefined
  const values = new Map<string, string>()
  for (const [, name, quoted, bare] of parameters.matchAll(/(\w+)=(?:"([^"]*)"|([^",\s]+))/g)) {
    values.set((name ?? '').toLowerCase(), quoted ?? bare ?? '')
  }
  const realm = values.get('realm')
  if (realm === undefined || !URL.canParse(realm, origin)) return undefined
  const url = new URL(realm, origin)
  if (url.origin !== origin) {
    throw new ExpectedError(
      `The registry at ${origin} asks to send the keys to ${showServerText(url.origin)}; they were not sent.`,
      {
        exitCode: ExitCode.Unreachable,
        tryNext: [
          `if ${showServerText(url.origin)} is your Bailo's own address, set URL to it`,
          'otherwise ask the operators: the realm of the registry is set in its configuration',
        ],
      },
    )
  }
  return { realm: url, service: values.get('service') }
}
