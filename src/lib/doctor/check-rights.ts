import type { Instance } from '../api/instance.js'
import { getCaller, type Caller } from '../api/caller.js'
import type { TokenEntry } from '../api/answers.js'
import { getModel, getPermissions } from '../api/models.js'
import { listScanners } from '../api/scanning.js'
import { chooseSchema } from '../api/schemas.js'
import type { Credentials } from '../config/credentials.js'
import { showServerText } from '../http/server-text.js'
import { attempt, fail, note, pass, type Check, type Outcome } from './check.js'
import type { Needs } from './needs.js'

/** Whether the instance knows the keys, and who it takes the caller for. */
export async function checkKeys(instance: Instance, credentials: Credentials | undefined): Promise<Outcome<Caller>> {
  const id = 'keys'
  return attempt(id, async () => {
    const caller = await getCaller(instance, credentials)
    const user = showServerText(caller.user)
    if (credentials !== undefined) return { check: pass(id, `of a token of the user ${user}`), value: caller }
    const detail = `none are set; the instance takes every caller for the user ${user}, and its registry takes nobody`
    return { check: note(id, detail), value: caller }
  })
}

/** The actions that are needed and not in the token; undefined where the instance does not say what is in it. */
export function findMissingActions(
  { actions }: Pick<Needs, 'actions'>,
  token: TokenEntry | undefined,
  hasKeys: boolean,
): string[] | undefined {
  // Without keys the caller is a user in person, who has all actions.
  if (!hasKeys) return []
  return token && actions.filter((action) => !token.actions.includes(action))
}

/** Whether the token allows what the commands do. */
export function checkActions(needs: Needs, { token }: Caller, hasKeys: boolean): Check {
  const id = 'token-actions'
  const missing = findMissingActions(needs, token, hasKeys)
  if (missing === undefined) return note(id, 'the instance does not say what the token allows')
  if (missing.length === 0) return pass(id, `all ${needs.actions.length} that are needed`)
  return fail(
    id,
    `the token lacks ${missing.join(', ')}`,
    "make a token with these actions in Bailo's user settings; a token cannot be changed, and cannot make another",
  )
}

/** Which models the token is for. */
export function checkScope({ token }: Caller, modelId: string | undefined): Check | undefined {
  const id = 'token-scope'
  if (token?.scope !== 'models') return undefined
  const ids = token.modelIds ?? []
  const list = ids.length === 0 ? 'no model' : ids.map(showServerText).join(', ')
  if (modelId === undefined) return note(id, `the token is for ${list} only: name one of these with --model`)
  if (ids.includes(modelId)) return pass(id, `the token is for ${modelId}`)
  return fail(id, `the token is for ${list} only, not for ${modelId}`, `a token for all models or for ${modelId}`)
}

/** Whether there is a schema that new models can have their card from. */
export async function checkSchema(instance: Instance): Promise<Check> {
  const id = 'schema'
  const { check } = await attempt(id, async () => {
    const schema = await chooseSchema(instance, 'model')
    return { check: pass(id, `new models get their card from ${showServerText(schema.id)}`) }
  })
  return check
}

/** Which scanners there are. Having none is a failure only where they are what it is about. */
export async function checkScanners(instance: Instance, areNeeded: boolean): Promise<Check> {
  const id = 'scanners'
  const { check } = await attempt(id, async () => {
    const scanners = await listScanners(instance)
    const names = scanners.map(({ toolName, artefactKind }) => `${toolName} (${artefactKind}s)`)
    if (scanners.length > 0) return { check: pass(id, showServerText(names.join(', '))) }
    const detail = 'none are set up: nothing is ever scanned'
    return { check: areNeeded ? fail(id, detail, 'ask the operators to set up scanners') : note(id, detail) }
  })
  return check
}

/** Whether the model is there, of a kind that can be worked in, and the caller has the rights that the commands need. */
export async function checkModel(instance: Instance, modelId: string, needs: Needs): Promise<Check> {
  const id = 'model'
  const { check } = await attempt(id, async () => {
    const { kind, settings } = await getModel(instance, modelId)
    const isChanged = needs.actions.some((action) => /:(write|export)$/.test(action))
    if (!isChanged) return { check: pass(id, `${modelId} (${showServerText(kind)}) may be read`) }
    if (kind.startsWith('mirrored-')) {
      return {
        check: fail(id, `${modelId} is a ${showServerText(kind)}: it changes only by mirroring`, 'another model'),
      }
    }
    if (kind === 'data-card' && needs.usesRegistry) {
      return { check: fail(id, `${modelId} is a data card, and data cards take no images`, 'a model as --model') }
    }
    if (needs.actions.includes('model:export') && !settings?.mirror?.destinationModelId) {
      const detail = `${modelId} has no destination, so that it cannot be exported`
      return { check: fail(id, detail, "enter the mirrored model's id as Destination Model ID in its settings") }
    }
    const permissions = await getPermissions(instance, modelId)
    const wanted = [
      ...(needs.actions.includes('model:write') ? ['editEntryCard'] : []),
      ...(needs.actions.includes('release:write') ? ['createRelease'] : []),
      ...(needs.actions.includes('image:write') ? ['pushModelImage'] : []),
    ]
    const refused = wanted.filter((name) => permissions[name]?.hasPermission === false)
    if (refused.length === 0) return { check: pass(id, `${modelId} (${showServerText(kind)}) may be changed`) }
    const reasons = new Set(refused.map((name) => permissions[name]?.info ?? name))
    const detail = `${modelId}: ${showServerText([...reasons].join(' ').replace(/\.$/, ''))}`
    return { check: fail(id, detail, 'ask an owner of the model to make you an owner or contributor') }
  })
  return check
}
