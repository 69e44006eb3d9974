import type { components } from '../../../openapi/bailo-v2.js'
import type { RegistryStore } from './registry/index.js'
import type { Entry, Release, Transfer, TransferArtefact } from './state.js'

type Contracted = components['schemas']

/** How long an export is only requested. */
export const REQUESTED_MS = 300

/** What every artefact takes, whatever its size. */
const ARTEFACT_MS = 200

const BYTES_PER_MS = 100_000

/**
 * Plans an export that begins now: the documents first, then each file and each image of the releases, one by one.
 *
 * @param isDelivered whether it is really brought to another sandbox, so that its times are not known beforehand
 */
export function planArtefacts(
  entry: Entry,
  releases: readonly Release[],
  images: RegistryStore,
  isDelivered: boolean,
): TransferArtefact[] {
  const fileIds = [...new Set(releases.flatMap((release) => release.fileIds))]
  const ofImages = new Map(
    releases
      .flatMap((release) => release.images)
      .map(({ repository, name, tag }) => {
        const sizeBytes = images.describeImage(repository, name, tag)?.sizeBytes ?? 0
        return [`${repository}/${name}:${tag}`, sizeBytes]
      }),
  )
  const artefacts = [
    { key: 'documents', kind: 'documents' as const, sizeBytes: 0 },
    ...fileIds.map((key) => ({ key, kind: 'file' as const, sizeBytes: entry.files.get(key)?.content?.sizeBytes ?? 0 })),
    ...[...ofImages].map(([key, sizeBytes]) => ({ key, kind: 'image' as const, sizeBytes })),
  ]
  if (isDelivered) return artefacts.map(({ key, kind }) => ({ key, kind, startsAtMs: Infinity, endsAtMs: Infinity }))
  let startsAtMs = Date.now() + REQUESTED_MS
  return artefacts.map(({ key, kind, sizeBytes }) => {
    const endsAtMs = startsAtMs + ARTEFACT_MS + sizeBytes / BYTES_PER_MS
    const artefact = { key, kind, startsAtMs, endsAtMs }
    startsAtMs = endsAtMs
    return artefact
  })
}

/** What an import has brought: the documents, and what they name, the bytes of which come later, if ever. */
export function planImported(named: readonly Pick<TransferArtefact, 'key' | 'kind'>[]): TransferArtefact[] {
  const nowMs = Date.now()
  const byKey = new Map(named.map((one) => [one.key, { ...one, startsAtMs: nowMs, endsAtMs: Infinity }]))
  return [{ key: 'documents', kind: 'documents', startsAtMs: nowMs, endsAtMs: nowMs }, ...byKey.values()]
}

/** An export or import as the server shows it, as far as it has come by now. */
export function describeTransfer(transfer: Transfer): Contracted['Transfer'] & { exportId: string } {
  const { _id, modelId, artefacts, createdBy, createdAt } = transfer
  const nowMs = Date.now()
  const artefactStatus = artefacts.map(({ key, kind, ...times }) => ({ key, kind, status: statusOf(times, nowMs) }))
  const startsAtMs = Math.min(...artefacts.map((artefact) => artefact.startsAtMs))
  const endsAtMs = Math.max(...artefacts.map((artefact) => artefact.endsAtMs))
  const hasFailed = artefacts.some((artefact) => artefact.hasFailed)
  const status = statusOf({ startsAtMs, endsAtMs, hasFailed }, nowMs)
  const steps = [Date.parse(createdAt), startsAtMs, ...artefacts.map(({ endsAtMs }) => endsAtMs)]
  const lastStep = Math.max(...steps.filter((timeMs) => timeMs <= nowMs))
  return {
    _id,
    exportId: _id,
    modelId,
    peerId: '',
    completedNotificationSent: status === 'completed',
    artefactStatus,
    status,
    createdBy,
    createdAt,
    updatedAt: new Date(lastStep).toISOString(),
  }
}

function statusOf(
  { startsAtMs, endsAtMs, hasFailed = false }: Omit<TransferArtefact, 'key' | 'kind'>,
  nowMs: number,
): Contracted['TransferStatus'] {
  if (nowMs < startsAtMs) return 'requested'
  if (nowMs < endsAtMs) return 'in_progress'
  return hasFailed ? 'failed' : 'completed'
}
