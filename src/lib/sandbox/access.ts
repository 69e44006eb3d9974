import { explainMissingAction, explainRefusal, type Principal, type TokenAction } from './auth.js'
import { badRequest, forbidden, notFound, UnknownServerError, type ErrorContext } from './errors.js'
import { isObjectId } from './ids.js'
import type { Right } from './model-rights.js'
import { parseSemver, formatSemver } from './semver.js'
import type { Entry, Release, SandboxState, StoredFile } from './state.js'

/**
 * Checks a right on a model.
 *
 * @param right what the user needs, when it is another one than the action of the token stands for
 * @throws BailoError 403; the context, beside the user, differs by route (observed)
 */
export function requireAction(
  principal: Principal,
  modelId: string,
  action: TokenAction,
  context: ErrorContext = { modelId },
  right?: Right,
): void {
  const refusal = explainRefusal(principal, modelId, action, right)
  if (refusal !== undefined) throw forbidden(refusal, { userDn: principal.user, ...context })
}

/** Checks what a token allows that has to do with no model. @throws BailoError 403 */
export function requireTokenAction({ user, token }: Principal, action: TokenAction, context: ErrorContext = {}): void {
  const refusal = explainMissingAction(token, action)
  if (refusal !== undefined) throw forbidden(refusal, { userDn: user, ...context })
}

/** Refuses to change what another instance decides on. @throws BailoError 400 for a model that mirrors another one */
export function refuseMirror({ model: { kind, settings } }: Entry, message: string): void {
  const isMirror = kind === 'mirrored-model' || kind === 'mirrored-data-card' || settings.mirror?.sourceModelId
  if (isMirror) throw badRequest(message)
}

/** Returns a model that the principal may read. @throws BailoError 404 or 403 */
export function findEntry(state: SandboxState, principal: Principal, modelId: string): Entry {
  const entry = state.entries.get(modelId)
  if (entry === undefined) throw notFound('The requested entry was not found.', { modelId })
  requireAction(principal, modelId, 'model:read')
  return entry
}

/** Returns a file that the principal may read. @throws BailoError 404 or 403; UnknownServerError for a malformed id */
export function findFile(entry: Entry, principal: Principal, fileId: string): StoredFile {
  if (!isObjectId(fileId)) throw new UnknownServerError()
  const file = entry.files.get(fileId)
  if (file === undefined) throw notFound('The requested file was not found.', { fileId })
  requireAction(principal, entry.model.id, 'file:read', { fileId })
  return file
}

/** Returns a release that the principal may read, whatever way its semver is written. @throws BailoError 404 or 403 */
export function findRelease(entry: Entry, principal: Principal, semver: string): Release {
  const modelId = entry.model.id
  const release = entry.releases.get(formatSemver(parseSemver(semver)))
  if (release === undefined) throw notFound('The requested release was not found.', { modelId, semver })
  requireAction(principal, modelId, 'release:read', { release: release._id })
  return release
}
