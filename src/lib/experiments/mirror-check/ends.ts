import type { Instance } from '../../api/instance.js'
import { getModel, type Model } from '../../api/models.js'
import { UsageError } from '../../errors.js'
import { showServerText } from '../../http/server-text.js'
import { SOURCE_ENV_KEY } from '../mirror-export/index.js'
import type { Finding } from '../result.js'
import type { MirrorCheckOptions } from './options.js'

/** The key of the dotenv file that the copy is read from. */
export const COPY_ENV_KEY = 'MIRROR_COPY_MODEL_ID'

/** A model, and where it is. */
export interface End {
  readonly instance: Instance
  readonly model: Model
}

/**
 * Finds the two models that are compared.
 *
 * @throws UsageError when one is not named, or both are the same; ResponseError 404 when there is none
 */
export async function findEnds(
  { from, to, source, copy }: MirrorCheckOptions,
  sourceInstance: Instance,
  copyInstance: Instance,
): Promise<{ source: End; copy: End }> {
  const sourceId = from ?? source.lookUp(SOURCE_ENV_KEY)
  if (sourceId === undefined) {
    throw new UsageError('No model is named whose copy is to be checked.', [
      `name it with --from, or set ${SOURCE_ENV_KEY} in ${source.envFile}`,
    ])
  }
  const sourceModel = await getModel(sourceInstance, sourceId)
  const copyId = to ?? copy.lookUp(COPY_ENV_KEY) ?? sourceModel.settings?.mirror?.destinationModelId
  if (!copyId) {
    throw new UsageError(`The copy of ${sourceId} is not named, and no destination is entered in the model.`, [
      `name it with --to, or set ${COPY_ENV_KEY} in ${copy.envFile}`,
    ])
  }
  if (copyId === sourceId && copyInstance.origin === sourceInstance.origin) {
    throw new UsageError(`Source and copy are the same model: ${sourceId} at ${sourceInstance.origin}.`, [
      'name another model with --to, or another instance with --to-env-file',
    ])
  }
  const copyModel = await getModel(copyInstance, copyId)
  return {
    source: { instance: sourceInstance, model: sourceModel },
    copy: { instance: copyInstance, model: copyModel },
  }
}

/** True for a model that changes only by mirroring. */
export function isMirrored({ model: { kind } }: End): boolean {
  return kind.startsWith('mirrored-')
}

/** Whether the copy is set up to be that of the source. */
export function checkLink(source: End, copy: End): Finding[] {
  const { model } = copy
  const subject = `model ${model.id}`
  if (!isMirrored(copy)) {
    const message = `is a ${showServerText(model.kind)}, not a mirrored model`
    return [
      { subject, message, tryNext: 'the mirrored model as --to; compare a clone by running clone-releases again' },
    ]
  }
  const ofId = model.settings?.mirror?.sourceModelId
  if (ofId === undefined || ofId === source.model.id) return []
  const message = `mirrors ${showServerText(ofId)}, not ${source.model.id}`
  return [{ subject, message, tryNext: `${ofId} as --from, or the mirrored model of ${source.model.id} as --to` }]
}
