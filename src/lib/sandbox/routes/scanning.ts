import { findEntry, findFile, requireAction } from '../access.js'
import { describeFile } from '../describe.js'
import { badRequest, notFound } from '../errors.js'
import type { SandboxParts } from '../parts.js'
import type { Routes } from '../routes.js'
import { listScanners, planScans, type ScannerOptions } from '../scan-plan.js'
import type { Scan } from '../state.js'
import { beginImageScans, presentImageScans } from '../scan-images.js'

const MINUTE_MS = 60_000

/** Adds the list of scanners and the rescans. What the scanners found is shown with files and images. */
export function addScanningRoutes(routes: Routes, parts: SandboxParts): void {
  const { state, images, scanners } = parts

  routes.add('get', '/api/v2/filescanning/info', () => ({ scanners: listScanners(scanners) }))

  routes.add('put', '/api/v2/filescanning/model/{modelId}/file/{fileId}/scan', ({ principal, params }) => {
    const { modelId, fileId } = params
    const file = findFile(findEntry(state, principal, modelId), principal, fileId)
    requireAction(principal, modelId, 'file:write', { modelId, file: describeFile(file) }, 'updateFile')
    // The order and the messages are from Bailo's source.
    if (file.content === undefined) throw badRequest('Cannot run scan on an empty file')
    refuseEarlyRescan(scanners, file.scans, file.name)
    requireAction(principal, modelId, 'model:write', {}, 'updateModel')
    if (scanners) {
      file.scans = planScans(scanners, { artefactKind: 'file', name: file.name, sizeBytes: file.content.sizeBytes })
    }
    return { status: 'Scan started' }
  })

  routes.add('put', '/api/v2/filescanning/model/{modelId}/image/{name}/{tag}/scan', ({ principal, params }) => {
    const { modelId, name, tag } = params
    const entry = findEntry(state, principal, modelId)
    const reference = { repository: modelId, name, tag }
    // What a pull takes, then what a change of the model takes (from Bailo's source).
    requireAction(principal, modelId, 'image:read', { modelId, image: reference }, 'pullImage')
    requireAction(principal, modelId, 'model:write', {}, 'updateModel')
    const image = images.describeImage(modelId, name, tag)
    if (image === undefined) throw notFound('Image does not exist', { image: reference })
    refuseEarlyRescan(scanners, presentImageScans(entry, { name, ...image }), `${modelId}/${name}:${tag}`)
    beginImageScans(parts, entry, { name, ...image })
    return { status: 'Scan started' }
  })
}

/** @throws BailoError 400 when the last scan is not long enough ago (from Bailo's source) */
function refuseEarlyRescan(scanners: ScannerOptions | undefined, scans: readonly Scan[] = [], name: string): void {
  const delayMs = (scanners?.rescanDelayMinutes ?? 0) * MINUTE_MS
  const lastRunAtMs = Math.max(...scans.map(({ startsAtMs }) => startsAtMs), -Infinity)
  const minutes = Math.round((lastRunAtMs + delayMs - Date.now()) / MINUTE_MS)
  if (!(delayMs > 0 && minutes > 0)) return
  throw badRequest(`Please wait ${minutes} ${minutes === 1 ? 'minute' : 'minutes'} before attempting a rescan ${name}`)
}
