import type { Credentials } from '../config/credentials.js'
import { ResponseError } from '../http/errors.js'
import { answers } from './answers.js'
import { bodyOf } from './client.js'
import type { Instance } from './instance.js'

const TOKENS = '/api/v2/user/tokens'

/**
 * Whether the token in use has an action. Bailo answers some listings with an empty list, not with 403, when the action to
 * read them is missing (from Bailo's source), so that nobody can tell what is hidden from what is not there.
 *
 * @returns undefined where the instance does not say
 */
export async function hasTokenAction(
  instance: Instance,
  credentials: Credentials | undefined,
  action: string,
): Promise<boolean | undefined> {
  // A development instance takes a caller without keys for a user, who has all actions.
  if (credentials === undefined) return true
  try {
    const body = await bodyOf(instance.json.GET(TOKENS, {}))
    const { tokens } = answers.tokens.check({ method: 'GET', path: TOKENS }, body)
    return tokens.find(({ accessKey }) => credentials.areOf(accessKey))?.actions.includes(action)
  } catch (error) {
    if (error instanceof ResponseError) return undefined
    throw error
  }
}
