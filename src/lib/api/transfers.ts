import { ResponseError } from '../http/errors.js'
import { answers, type TransferEntry } from './answers.js'
import { bodyOf } from './client.js'
import type { Instance } from './instance.js'

export type { ArtefactTransfer, TransferEntry } from './answers.js'

const EXPORT = '/api/v2/model/{modelId}/export/s3'
const TRANSFERS = '/api/v2/model/{modelId}/transfers'
const UI_CONFIG = '/api/v2/config/ui'

/** The exports of a model, or the imports into it, oldest first; none where there never was one. */
export async function listTransfers(instance: Instance, modelId: string): Promise<readonly TransferEntry[]> {
  try {
    const body = await bodyOf(instance.json.GET(TRANSFERS, { params: { path: { modelId } } }))
    const { transfers } = answers.transfers.check({ method: 'GET', path: TRANSFERS }, body)
    // Ids begin with the time, and count up within a second (MongoDB manual, "ObjectId").
    return transfers.toSorted((a, b) => (a._id < b._id ? -1 : Number(a._id > b._id)))
  } catch (error) {
    // For a model without any (from Bailo's source), and on an instance that does not know of transfers.
    if (error instanceof ResponseError && error.status === 404) return []
    throw error
  }
}

/**
 * Has the card and the named releases of a model exported, with their files and images. The answer does not say which
 * transfer it has become.
 *
 * @throws ResponseError 400 for a model without destination or card, or files that are not known to be clean; 403 without the
 *   rights; 404 when a release is not there (from Bailo's source)
 */
export async function requestExport(instance: Instance, modelId: string, semvers: readonly string[]): Promise<void> {
  await bodyOf(instance.json.POST(EXPORT, { params: { path: { modelId } }, body: toExportBody(semvers) }))
}

/** Size in bytes of the JSON body that {@link requestExport} would send. */
export function measureExportBody(semvers: readonly string[]): number {
  return Buffer.byteLength(JSON.stringify(toExportBody(semvers)))
}

function toExportBody(semvers: readonly string[]) {
  return { disclaimerAgreement: true, semvers: [...semvers] }
}

/** What one agrees to by exporting, in the words of the instance; undefined where it has none. */
export async function readExportDisclaimer(instance: Instance): Promise<string | undefined> {
  const body = await bodyOf(instance.json.GET(UI_CONFIG, {}))
  return answers.uiConfig.check({ method: 'GET', path: UI_CONFIG }, body).modelMirror?.export?.disclaimer || undefined
}
