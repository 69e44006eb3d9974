import type { Instance } from '../../api/instance.js'
import { listReleases, listVersions } from '../../api/releases.js'
import type { ExperimentContext } from '../context.js'
import { findTransferProblems, reportTransfers } from '../mirroring/transfer-report.js'
import { pollUntil, requirePause } from '../poll.js'
import type { Finding } from '../result.js'
import { compareCopy } from '../skeleton/compare.js'
import { toReleaseSkeletons, type ReleaseSkeleton } from '../skeleton/release-skeleton.js'
import { parseVersionRange, selectReleases } from '../skeleton/select.js'
import { withBothInstances } from '../with-instance.js'
import { Arrival } from './arrival.js'
import { compareCards } from './compare-cards.js'
import { compareImages, type ComparedImages } from './compare-images.js'
import { checkLink, findEnds, isMirrored, type End } from './ends.js'
import type { MirrorCheckOptions } from './options.js'
import { describeNewest, type ComparedCounts, type MirrorCheckResult } from './result.js'
import { verifyContent } from './verify-content.js'

/**
 * Follows what is on its way from a model to its mirrored copy, and then compares the two: cards, releases, files by name and
 * size, images by digest, and on request all bytes with what the source's were made from. Nothing is changed at either end.
 *
 * @throws UsageError for a wrong input; ResponseError and ConnectionError when reading either end fails
 */
export async function mirrorCheck(context: ExperimentContext, options: MirrorCheckOptions): Promise<MirrorCheckResult> {
  requirePause(options.intervalMs, 'the transfers')
  const { source, copy: destination } = options
  return withBothInstances(context, { source, destination }, (from, to) => check(context, options, from, to))
}

async function check(
  context: ExperimentContext,
  options: MirrorCheckOptions,
  sourceInstance: Instance,
  copyInstance: Instance,
): Promise<MirrorCheckResult> {
  const { run, version, warn } = context
  const range = parseVersionRange(options.semverRange)
  const { source, copy } = await findEnds(options, sourceInstance, copyInstance)
  run.useModel(copyInstance.origin, copy.model.id)
  const listed = toReleaseSkeletons(await listReleases(sourceInstance, source.model.id, range?.query))
  if (listed.length === 0 && range === undefined) {
    warn(`${source.model.id} has no releases, or the token lacks release:read.`)
  }
  const releases = await selectReleases(listed, range, () => listVersions(sourceInstance, source.model.id))

  const startedMs = performance.now()
  const arrival = new Arrival(source, copy, releases, startedMs)
  await arrival.look()
  const following = await follow(context, options, arrival, copy, startedMs)
  const extraReleases = range === undefined ? findExtraReleases(releases, arrival) : []
  const isCompared = run.stopReason === undefined
  const compared = isCompared ? await compareAll(options, source, copy, releases, arrival, run.concurrency) : undefined
  const content =
    compared !== undefined && options.verifiesContent
      ? await verifyContent(run, copy, pairUp(releases, arrival, options), compared.images.same, options)
      : undefined

  const fileNames = new Map(
    [...releases, ...arrival.copyReleases.values()].flatMap(({ files }) =>
      files.map(({ sourceId, name }) => [sourceId, name] as const),
    ),
  )
  const ofSource = reportTransfers(arrival.sourceTransfers.list(), fileNames)
  const ofCopy = reportTransfers(arrival.copyTransfers.list(), fileNames)
  const isAwaited = following !== undefined
  const findings = [
    ...checkLink(source, copy),
    ...findTransferProblems(ofSource, 'the export from the source', isAwaited),
    ...findTransferProblems(ofCopy, 'the import into the copy', isAwaited),
    ...(following?.lastFailure !== undefined && arrival.openCount > 0
      ? [{ subject: 'the transfers', message: `could not be followed: ${following.lastFailure.replace(/\.$/, '')}` }]
      : []),
    ...(compared?.findings ?? []),
    ...extraReleases,
    ...(content?.findings ?? []),
  ]
  return {
    experiment: 'mirror-check',
    version,
    seed: options.seed,
    source: { url: sourceInstance.origin, modelId: source.model.id },
    target: { url: copyInstance.origin, modelId: copy.model.id, isNew: false },
    transfers: {
      source: { ...ofSource, ...describeNewest(arrival.sourceTransfers) },
      copy: { ...ofCopy, ...describeNewest(arrival.copyTransfers) },
    },
    intervalMs: options.intervalMs,
    ...(following && { following }),
    ...(compared && { compared: compared.counts }),
    ...(content && !run.isDryRun && { content: content.verified }),
    run: run.report(),
    findings: run.stopReason === undefined ? findings : [],
  }
}

async function follow(
  context: ExperimentContext,
  { waitMs, intervalMs }: MirrorCheckOptions,
  arrival: Arrival,
  copy: End,
  startedMs: number,
): Promise<MirrorCheckResult['following']> {
  if (waitMs === undefined || context.run.isDryRun) return undefined
  const elapsedMs = (): number => performance.now() - startedMs
  const polled = await pollUntil(context, {
    intervalMs,
    restMs: () => Math.max(0, waitMs - elapsedMs()),
    waitedMs: elapsedMs,
    isOver: () => arrival.openCount === 0,
    look: () => arrival.look(),
    subject: 'The transfers',
    describeOpen: () => `Parts and releases that are still on their way to ${copy.model.id}: ${arrival.openCount}`,
  })
  return { ...polled, waitedMs: Math.round(elapsedMs()) }
}

interface Compared {
  readonly counts: ComparedCounts
  readonly images: ComparedImages
  readonly findings: readonly Finding[]
}

async function compareAll(
  { withFiles, withImages }: MirrorCheckOptions,
  source: End,
  copy: End,
  releases: readonly ReleaseSkeleton[],
  { copyReleases }: Arrival,
  concurrency: number,
): Promise<Compared> {
  const cards = isMirrored(copy) ? await compareCards(source, copy) : { compared: 0, findings: [] }
  const { differences, ...counts } = compareCopy(
    { releases, images: new Map() },
    { releases: copyReleases, images: new Map() },
    { files: withFiles, images: withImages },
    'the copy',
  )
  const images = withImages
    ? await compareImages(source, copy, releases, concurrency)
    : { compared: 0, same: [], findings: [] }
  return {
    counts: { cards: cards.compared, releases: counts.releases, files: counts.files, images: images.compared },
    images,
    findings: [...cards.findings, ...differences, ...images.findings],
  }
}

/** Releases stay in a copy when they are deleted at the source: no export takes anything away. */
function findExtraReleases(all: readonly ReleaseSkeleton[], { copyReleases }: Arrival): Finding[] {
  const known = new Set(all.map(({ semver }) => semver))
  return [...copyReleases.keys()]
    .filter((semver) => !known.has(semver))
    .map((semver) => ({ subject: `release ${semver}`, message: 'is in the copy and not in the source' }))
}

function pairUp(releases: readonly ReleaseSkeleton[], { copyReleases }: Arrival, { withFiles }: MirrorCheckOptions) {
  if (!withFiles) return []
  return releases.flatMap((original) => {
    const copied = copyReleases.get(original.semver)
    return copied === undefined ? [] : [{ original, copied }]
  })
}
