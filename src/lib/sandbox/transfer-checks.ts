import { explainRefusal, type Principal } from './auth.js'
import { badRequest, forbidden, notFound } from './errors.js'
import type { SandboxParts } from './parts.js'
import { stateOf } from './scan-results.js'
import type { Entry, Release, StoredFile } from './state.js'

/**
 * Returns the releases that are to be exported.
 *
 * @throws BailoError 404 or 403 (from Bailo's source)
 */
export function findReleasesForExport(principal: Principal, entry: Entry, semvers: readonly string[]): Release[] {
  const modelId = entry.model.id
  const missing = semvers.filter((semver) => !entry.releases.has(semver))
  if (missing.length > 0) throw notFound('The following releases were not found.', { modelId, releases: missing })
  if (semvers.length > 0 && explainRefusal(principal, modelId, 'release:export') !== undefined) {
    const context = { modelId, releases: semvers, user: { dn: principal.user } }
    throw forbidden('You do not have the necessary permissions to export these releases.', context)
  }
  return semvers.map((semver) => entry.releases.get(semver)).filter((release) => release !== undefined)
}

/**
 * Checks that the scanners found nothing in the files of an export; without scanners there is nothing to check.
 *
 * @throws BailoError 400 with the files that are not known to be clean (from Bailo's source)
 */
export function refuseUncleanFiles({ scanners }: SandboxParts, entry: Entry, releases: readonly Release[]): void {
  if (scanners === undefined) return
  const fileIds = new Set(releases.flatMap((release) => release.fileIds))
  const files = [...fileIds].map((id) => entry.files.get(id)).filter((file) => file !== undefined)
  const scanErrors = {
    missingScan: files.filter(({ scans = [] }) => scans.length === 0).map(nameFile),
    incompleteScan: files.filter(({ scans = [] }) => scans.some((scan) => stateOf(scan) !== 'complete')).map(nameFile),
    failedScan: files.filter(isFoundBad).map(nameFile),
  }
  if (Object.values(scanErrors).every((found) => found.length === 0)) return
  throw badRequest('The releases contain file(s) that do not have a clean AV scan.', { scanErrors })
}

function isFoundBad({ scans = [] }: StoredFile): boolean {
  const isComplete = scans.every((scan) => stateOf(scan) === 'complete')
  return isComplete && scans.some(({ findings }) => findings.length > 0)
}

function nameFile({ _id, name }: StoredFile): { name: string; id: string } {
  return { name, id: _id }
}
