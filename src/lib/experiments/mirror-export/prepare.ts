import type { Instance } from '../../api/instance.js'
import { getLatestCard } from '../../api/cards.js'
import { getModel } from '../../api/models.js'
import { listReleases, listVersions, MAX_JSON_BODY_BYTES } from '../../api/releases.js'
import { measureExportBody, readExportDisclaimer } from '../../api/transfers.js'
import { UsageError } from '../../errors.js'
import { showServerText } from '../../http/server-text.js'
import { toReleaseSkeletons, type ReleaseSkeleton } from '../skeleton/release-skeleton.js'
import { parseVersionRange, selectReleases } from '../skeleton/select.js'

export interface PlannedExport {
  readonly destinationModelId: string
  /** Oldest first. */
  readonly releases: readonly ReleaseSkeleton[]
  /** What one agrees to, in the words of the instance. */
  readonly disclaimer: string | undefined
  /** Whether the card has only its first version, which is always empty, and which an import refuses to be all. */
  readonly isCardEmpty: boolean
}

export interface ExportRequest {
  readonly modelId: string
  readonly semverRange: string | undefined
  readonly agreesToDisclaimer: boolean
}

/**
 * Finds out what an export would consist of, and refuses what the server would refuse, with what to do about it.
 *
 * @throws UsageError for a model that cannot be exported, versions that are not there, or a disclaimer that was not agreed
 *   to
 */
export async function prepareExport(
  instance: Instance,
  { modelId, semverRange, agreesToDisclaimer }: ExportRequest,
): Promise<PlannedExport> {
  const range = parseVersionRange(semverRange)
  const { kind, settings } = await getModel(instance, modelId)
  if (kind.startsWith('mirrored-')) {
    const sourceModelId = settings?.mirror?.sourceModelId
    const of = sourceModelId === undefined ? '' : ` of ${showServerText(sourceModelId)}`
    throw new UsageError(`${modelId} is a ${showServerText(kind)}, a copy${of} itself: it cannot be exported.`, [
      'export its source, on the instance that has it',
    ])
  }
  const destinationModelId = settings?.mirror?.destinationModelId
  if (!destinationModelId) {
    throw new UsageError(`${modelId} has no destination: it is not set up to be mirrored.`, [
      "make a mirrored model on the other instance, and enter its id as Destination Model ID in this model's settings",
    ])
  }
  const card = await getLatestCard(instance, modelId)
  if (card === undefined) {
    throw new UsageError(`${modelId} has no model card yet, and Bailo exports none without.`, [
      'select a schema for the model first',
    ])
  }
  const listed = await listReleases(instance, modelId, range?.query)
  const releases = await selectReleases(toReleaseSkeletons(listed), range, () => listVersions(instance, modelId))
  const bodyBytes = measureExportBody(releases.map(({ semver }) => semver))
  if (bodyBytes > MAX_JSON_BODY_BYTES) {
    throw new UsageError(
      `The versions of ${releases.length} releases make a request of ${bodyBytes} bytes, and Bailo takes ${MAX_JSON_BODY_BYTES}.`,
      ['export them in several turns, with --semver'],
    )
  }
  const disclaimer = await readExportDisclaimer(instance)
  if (!agreesToDisclaimer) {
    const words = disclaimer === undefined ? '' : `, which says: ${showServerText(disclaimer)}`
    throw new UsageError(`Bailo exports only for those who agree to its disclaimer${words}`, [
      'read it, and add --agree-to-disclaimer',
    ])
  }
  return { destinationModelId, releases, disclaimer, isCardEmpty: card.version === 1 }
}
