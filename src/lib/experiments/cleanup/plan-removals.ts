import { fingerprintRelease } from '../fingerprint-release.js'
import type { Created } from '../../run/created.js'
import { imageKey, type ModelState } from './read-model-state.js'

/** What becomes of one thing that a run has made. */
export type Removal =
  | { readonly created: Created; readonly verdict: 'remove' }
  /** It goes with its model. */
  | { readonly created: Created; readonly verdict: 'with-model' }
  | { readonly created: Created; readonly verdict: 'gone' }
  | { readonly created: Created; readonly verdict: 'keep'; readonly reason: string }

/**
 * Decides what of that which a run made in one model can be removed: what is still as it was made, and used by nothing that
 * stays.
 *
 * @param created oldest first
 * @param state what the model has now; undefined when it is gone
 * @returns the newest first
 */
export function planRemovals(created: readonly Created[], state: ModelState | undefined): Removal[] {
  if (state === undefined) return created.toReversed().map((one) => ({ created: one, verdict: 'gone' }))
  const own = collectOwn(created)
  const releases = new Map(created.filter(isRelease).map((one) => [one.semver, judgeRelease(one, state)]))
  const staying = state.releases.filter(({ semver }) => releases.get(semver)?.verdict !== 'remove')
  const judge = (one: Created): Removal => {
    switch (one.type) {
      case 'release':
        return releases.get(one.semver) ?? { created: one, verdict: 'gone' }
      case 'file':
        return judgeFile(one, state, staying)
      case 'image':
        return judgeImage(one, state, staying)
      case 'model':
        return { created: one, verdict: 'remove' }
    }
  }
  const removals = created.toReversed().map(judge)
  const model = created.find((one) => one.type === 'model')
  if (model === undefined) return removals
  const reason = explainKeptModel(model, own, state, removals)
  if (reason === undefined) {
    return removals.map((one) =>
      one.verdict === 'remove' && one.created !== model ? { created: one.created, verdict: 'with-model' } : one,
    )
  }
  return removals.map((one) => (one.created === model ? { created: model, verdict: 'keep', reason } : one))
}

type CreatedRelease = Extract<Created, { type: 'release' }>
type CreatedFile = Extract<Created, { type: 'file' }>
type CreatedImage = Extract<Created, { type: 'image' }>
type CreatedModel = Extract<Created, { type: 'model' }>

function isRelease(created: Created): created is CreatedRelease {
  return created.type === 'release'
}

interface Own {
  readonly semvers: ReadonlySet<string>
  readonly fileIds: ReadonlySet<string>
  readonly images: ReadonlySet<string>
}

function collectOwn(created: readonly Created[]): Own {
  const [semvers, fileIds, images] = [new Set<string>(), new Set<string>(), new Set<string>()]
  for (const one of created) {
    if (one.type === 'release') semvers.add(one.semver)
    if (one.type === 'file') fileIds.add(one.fileId)
    if (one.type === 'image') images.add(imageKey(one))
  }
  return { semvers, fileIds, images }
}

function judgeRelease(created: CreatedRelease, { releases }: ModelState): Removal {
  const there = releases.find(({ semver }) => semver === created.semver)
  if (there === undefined) return { created, verdict: 'gone' }
  const isAsMade = created.fingerprint === undefined || created.fingerprint === fingerprintRelease(there)
  return isAsMade
    ? { created, verdict: 'remove' }
    : { created, verdict: 'keep', reason: 'was changed after the run had made it' }
}

function judgeFile(created: CreatedFile, { files }: ModelState, staying: ModelState['releases']): Removal {
  const there = files.find(({ _id }) => _id === created.fileId)
  if (there === undefined) return { created, verdict: 'gone' }
  const isSame = there.name === created.name && (there.complete === false || there.size === created.sizeBytes)
  if (!isSame) return { created, verdict: 'keep', reason: 'was changed after the run had made it' }
  const user = staying.find((release) => holdsFile(release, created.fileId))
  return user === undefined
    ? { created, verdict: 'remove' }
    : { created, verdict: 'keep', reason: `is in the release ${user.semver}, which stays` }
}

function holdsFile({ fileIds, files }: ModelState['releases'][number], fileId: string): boolean {
  return (fileIds ?? files?.map(({ _id }) => _id) ?? []).includes(fileId)
}

function judgeImage(created: CreatedImage, { images }: ModelState, staying: ModelState['releases']): Removal {
  const key = imageKey(created)
  if (!images.has(key)) return { created, verdict: 'gone' }
  if (images.get(key) !== created.digest) return { created, verdict: 'keep', reason: 'is another image now' }
  const user = staying.find((release) => release.images?.some((image) => imageKey(image) === key))
  return user === undefined
    ? { created, verdict: 'remove' }
    : { created, verdict: 'keep', reason: `is in the release ${user.semver}, which stays` }
}

/** Why a model that the run made is not removed; undefined when it can be. */
function explainKeptModel(
  model: CreatedModel,
  own: Own,
  state: ModelState,
  removals: readonly Removal[],
): string | undefined {
  const foreign = [
    countForeign(state.releases, ({ semver }) => own.semvers.has(semver), 'release'),
    countForeign(state.files, ({ _id }) => own.fileIds.has(_id), 'file'),
    countForeign([...state.images.keys()], (key) => own.images.has(key), 'image'),
  ].filter((text) => text !== undefined)
  if (foreign.length > 0) return `has ${foreign.join(' and ')} that the run did not make`
  if (state.name !== model.name) return `was renamed to ${JSON.stringify(state.name)}`
  return removals.some(({ verdict }) => verdict === 'keep') ? 'has something in it that is kept' : undefined
}

function countForeign<T>(there: readonly T[], isOwn: (one: T) => boolean, noun: string): string | undefined {
  const count = there.filter((one) => !isOwn(one)).length
  return count === 0 ? undefined : `${count} ${noun}${count === 1 ? '' : 's'}`
}
