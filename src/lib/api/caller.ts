import type { Credentials } from '../config/credentials.js'
import { ResponseError } from '../http/errors.js'
import { answers, type TokenEntry } from './answers.js'
import { bodyOf } from './client.js'
import type { Instance } from './instance.js'

const ME_V3 = '/api/v3/entities/me'
const ME_V2 = '/api/v2/entities/me'
const TOKENS = '/api/v2/user/tokens'

/** Who an instance takes the caller for. */
export interface Caller {
  readonly user: string
  /** What the token in use allows; undefined for a caller without keys, and where the instance does not say. */
  readonly token: TokenEntry | undefined
}

/**
 * Asks who the caller is and what its token allows: one request, or three on an instance without this part of API v3.
 *
 * @throws ResponseError 401 when the instance does not know the keys
 */
export async function getCaller(instance: Instance, credentials: Credentials | undefined): Promise<Caller> {
  try {
    const body = await bodyOf(instance.json.GET(ME_V3, {}))
    const { dn, token } = answers.caller.check({ method: 'GET', path: ME_V3 }, body).user
    return { user: dn, token }
  } catch (error) {
    if (!(error instanceof ResponseError) || error.status !== 404) throw error
  }
  const body = await bodyOf(instance.json.GET(ME_V2, {}))
  const { dn } = answers.caller.check({ method: 'GET', path: ME_V2 }, body).user
  return { user: dn, token: credentials && (await findToken(instance, credentials)) }
}

/** The token in use among those of its user. */
async function findToken(instance: Instance, credentials: Credentials): Promise<TokenEntry | undefined> {
  try {
    const body = await bodyOf(instance.json.GET(TOKENS, {}))
    const { tokens } = answers.tokens.check({ method: 'GET', path: TOKENS }, body)
    return tokens.find(({ accessKey }) => credentials.areOf(accessKey))
  } catch (error) {
    if (error instanceof ResponseError) return undefined
    throw error
  }
}
