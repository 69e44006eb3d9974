import { findEntry, requireAction } from '../access.js'
import { badRequest, BailoError, notFound } from '../errors.js'
import type { Principal } from '../auth.js'
import type { SandboxParts } from '../parts.js'
import type { Routes } from '../routes.js'
import type { Transfer } from '../state.js'
import { packArchive, readArchive } from '../transfer-archive.js'
import { findReleasesForExport, refuseUncleanFiles } from '../transfer-checks.js'
import { listDocuments } from '../transfer-documents.js'
import { fetchArchive } from '../transfer-fetch.js'
import { importArchive } from '../transfer-import-archive.js'
import { describeTransfer, planArtefacts } from '../transfer-plan.js'

/**
 * Adds exports and imports. There is no S3: the archive of the documents is kept with all other bytes, under a random name,
 * and files and images only seem to be copied, unless exports are brought to another sandbox. Rules and messages are from
 * Bailo's source.
 */
export function addTransferRoutes(routes: Routes, parts: SandboxParts): void {
  const { state, blobs, images } = parts

  routes.add('post', '/api/v2/model/{modelId}/export/s3', async ({ principal, params: { modelId }, body }) => {
    const { disclaimerAgreement, semvers = [] } = body
    if (!disclaimerAgreement) {
      throw badRequest('You must agree to the disclaimer agreement before being able to export a model.')
    }
    const entry = findEntry(state, principal, modelId)
    if (!entry.model.settings.mirror?.destinationModelId) {
      throw badRequest("The 'Destination Model ID' has not been set on this model.")
    }
    if (entry.cards.length === 0) {
      throw badRequest('You must select a schema for your model before you can start the export process.')
    }
    requireAction(principal, modelId, 'model:export')
    const releases = findReleasesForExport(principal, entry, semvers)
    refuseUncleanFiles(parts, entry, releases)
    const archive = await blobs.write(packArchive(listDocuments(entry, releases, principal.user)))
    const transfer: Transfer = {
      ...state.newDocument(),
      modelId,
      createdBy: principal.user,
      archiveKey: archive.key,
      artefacts: planArtefacts(entry, releases, images, parts.delivery !== undefined),
    }
    state.transfers.set(transfer._id, transfer)
    parts.delivery?.deliver(transfer, entry)
    return { message: 'Successfully started export upload.' }
  })

  routes.add('get', '/api/v2/model/{modelId}/transfers', ({ principal, params: { modelId } }) => {
    findEntry(state, principal, modelId)
    const transfers = [...state.transfers.values()].filter((transfer) => transfer.modelId === modelId).reverse()
    if (transfers.length === 0) throw notFound('No model transfers found.', { modelId })
    return { transfers: transfers.map(describeTransfer) }
  })

  routes.add('get', '/api/v2/transfer/{exportId}', ({ principal, params: { exportId } }) => {
    const transfer = state.transfers.get(exportId)
    if (transfer === undefined) throw notFound('The requested model transfer was not found.', { exportId })
    findEntry(state, principal, transfer.modelId)
    return { transfer: describeTransfer(transfer) }
  })

  routes.add('post', '/api/v2/model/import/s3', async ({ principal, body: { payloadUrl } }) =>
    importFrom(parts, principal, payloadUrl),
  )
}

/** @throws BailoError as {@link importArchive} does, and 500 for what is no archive, or breaks off */
async function importFrom(parts: SandboxParts, principal: Principal, payloadUrl: string) {
  const archive = await fetchArchive(payloadUrl)
  try {
    return await importArchive(parts, principal, readArchive(archive))
  } catch (error) {
    if (error instanceof BailoError) throw error
    throw new BailoError(500, 'Error processing tarball during import.')
  } finally {
    archive.destroy()
  }
}
