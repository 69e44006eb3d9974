import type { Instance } from '../../api/instance.js'
import { searchModels } from '../../api/search-models.js'
import type { Finding } from '../result.js'
import type { MadeModel } from './made-models.js'

/** Reads all models of a run in one request, and says how they differ from what was made. */
export async function compareStored(
  instance: Instance,
  runId: string,
  models: readonly MadeModel[],
): Promise<readonly Finding[]> {
  const stored = new Map(
    (await searchModels(instance, { search: runId, titleOnly: true })).map((model) => [model.id, model]),
  )
  const missing = models.filter(({ id }) => !stored.has(id))
  const differing = models.flatMap(({ id, isOnModel, tags }) => {
    const model = stored.get(id)
    if (model === undefined || !isOnModel) return []
    const wanted = tags.map((tag) => tag.toLowerCase()).toSorted()
    const present = [...(model.tags ?? [])].toSorted()
    return JSON.stringify(wanted) === JSON.stringify(present) ? [] : [{ id, wanted, present }]
  })
  const findings: Finding[] = []
  const [firstMissing] = missing
  if (firstMissing !== undefined) {
    findings.push({
      subject: `model ${firstMissing.name}`,
      message: `is not found by its name, one of ${missing.length} that are not`,
      tryNext: 'look whether somebody deletes models while this runs',
    })
  }
  const [first] = differing
  if (first !== undefined) {
    const present = first.present.length === 0 ? 'no tags' : `the tags ${first.present.join(', ')}`
    findings.push({
      subject: `model ${first.id}`,
      message: `has ${present} instead of ${first.wanted.join(', ')}, one of ${differing.length} like that`,
      tryNext: 'an older Bailo keeps no tags on models: use --tags-in card there',
    })
  }
  return findings
}
