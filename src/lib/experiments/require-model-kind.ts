import type { Instance } from '../api/instance.js'
import { getModel } from '../api/models.js'
import { UsageError } from '../errors.js'

/** Kinds of model that files and releases can be put into. */
const FILLABLE_KINDS = ['model', 'untrusted-model']

/**
 * Refuses an entry that no files and releases can be put into: a mirrored one takes them from its source only (Bailo
 * answers 400), and a data card has none.
 *
 * @throws UsageError for another kind; ResponseError 404 when there is no such model, or the token may not see it
 */
export async function requireFillableModel(instance: Instance, modelId: string): Promise<void> {
  const { kind } = await getModel(instance, modelId)
  if (FILLABLE_KINDS.includes(kind)) return
  const why = kind.startsWith('mirrored-') ? 'it changes only by mirroring' : 'it has no files and releases'
  throw new UsageError(`${modelId} is a ${kind}: ${why}.`, [
    'choose a model of your own, or leave out --model to have one made',
  ])
}
