import type { Instance } from '../../api/instance.js'
import { listTransfers } from '../../api/transfers.js'
import type { Settings } from '../../config/settings.js'
import { UsageError } from '../../errors.js'
import type { ExperimentContext } from '../context.js'
import { findTransferProblems, reportTransfers, type TransferReport } from '../mirroring/transfer-report.js'
import { TransferWatch } from '../mirroring/transfer-watch.js'
import { pollUntil, requirePause, type Polled } from '../poll.js'
import type { ExperimentResult, Finding } from '../result.js'
import { withInstance } from '../with-instance.js'
import { prepareExport, type ExportRequest } from './prepare.js'
import { requestExportInRun } from './request.js'

/** The key of the dotenv file that the model to export is read from. */
export const SOURCE_ENV_KEY = 'MIRROR_SOURCE_MODEL_ID'

/** How long a transfer that was asked for may go unlisted. */
const LISTED_WITHIN_MS = 10_000

export interface MirrorExportOptions extends Omit<ExportRequest, 'modelId'> {
  readonly settings: Settings
  /** By flag; otherwise MIRROR_SOURCE_MODEL_ID. */
  readonly modelId: string | undefined
  /** How long the export is followed; undefined: not at all. */
  readonly waitMs: number | undefined
  readonly intervalMs: number
  readonly seed: string
}

/** What `mirror-export --json` prints. */
export interface MirrorExportResult extends ExperimentResult {
  readonly experiment: 'mirror-export'
  readonly destinationModelId: string
  /** Versions that are exported, oldest first. */
  readonly releases: readonly string[]
  /** What one agrees to by exporting, in the words of the instance. */
  readonly disclaimer?: string
  /** Absent in a dry run, and where the instance lists no transfer for the export. */
  readonly transferId?: string
  readonly transfer: TransferReport
  /** Between two listings; times are late by so much at most. */
  readonly intervalMs: number
  /** Absent with `--no-wait` and in a dry run. */
  readonly following?: Polled
}

/**
 * Requests the export of a model for the instance that mirrors it, and follows the transfer until each part of it has come to
 * an end, or the time is up.
 *
 * @throws UsageError for what cannot be exported; ResponseError and ConnectionError when reading the instance fails
 */
export async function mirrorExport(
  context: ExperimentContext,
  options: MirrorExportOptions,
): Promise<MirrorExportResult> {
  const { settings } = options
  const modelId = options.modelId ?? settings.lookUp(SOURCE_ENV_KEY)
  if (modelId === undefined) {
    throw new UsageError('No model is named that is to be exported.', [
      `name it with --model, or set ${SOURCE_ENV_KEY} in ${settings.envFile} or in the environment`,
    ])
  }
  requirePause(options.intervalMs, 'the transfers')
  return withInstance(context, settings, (instance) => exportModel(context, options, instance, modelId))
}

async function exportModel(
  context: ExperimentContext,
  options: MirrorExportOptions,
  instance: Instance,
  modelId: string,
): Promise<MirrorExportResult> {
  const { run, version, warn } = context
  const agreesToDisclaimer = options.agreesToDisclaimer || run.isDryRun
  const plan = await prepareExport(instance, { ...options, modelId, agreesToDisclaimer })
  const { destinationModelId, releases, disclaimer, isCardEmpty } = plan
  if (releases.length === 0) warn(`${modelId} has no releases: only its model card is exported.`)
  if (isCardEmpty) {
    // From Bailo's source: an import keeps no first version, and then finds no latest one.
    warn(`The card of ${modelId} has only its first, empty version, and imports want another: fill it in first.`)
  }
  run.useModel(instance.origin, modelId)
  run.expect({ steps: 1, bytes: 0 })

  let answeredMs: number | undefined
  const onAnswer = (): void => void (answeredMs = performance.now())
  const requested = await requestExportInRun(run, instance, modelId, plan, onAnswer).catch((error: unknown) => {
    // A failure that ends the run is reported by it.
    if (run.stopReason === undefined) throw error
    return undefined
  })
  const state = { transferId: requested?.transferId ?? '' }
  const startedMs = answeredMs ?? performance.now()
  const watch = new TransferWatch(startedMs, { isOurs: ({ _id }) => _id === state.transferId })
  const isFollowed = requested !== undefined && !run.isDryRun && run.stopReason === undefined
  const look = async (): Promise<void> => {
    const transfers = await listTransfers(instance, modelId)
    state.transferId ||= transfers.find(({ _id }) => requested?.earlierIds.includes(_id) === false)?._id ?? ''
    watch.note(transfers, performance.now(), true)
  }
  if (isFollowed) await look()
  const { waitMs, intervalMs } = options
  const elapsedMs = (): number => performance.now() - startedMs
  const following =
    isFollowed && waitMs !== undefined
      ? await pollUntil(context, {
          intervalMs,
          restMs: () => Math.max(0, waitMs - elapsedMs()),
          waitedMs: elapsedMs,
          isOver: () => (watch.hasAny ? watch.openCount === 0 : elapsedMs() > LISTED_WITHIN_MS),
          look,
          subject: 'The transfers',
          describeOpen: () => `Parts of the export that are still on their way: ${watch.openCount}`,
        })
      : undefined
  const fileNames = new Map(releases.flatMap(({ files }) => files.map(({ sourceId, name }) => [sourceId, name])))
  const transfer = reportTransfers(watch.list(), fileNames)
  return {
    experiment: 'mirror-export',
    version,
    seed: options.seed,
    target: { url: instance.origin, modelId, isNew: false },
    destinationModelId,
    releases: releases.map(({ semver }) => semver),
    ...(disclaimer !== undefined && { disclaimer }),
    ...(state.transferId !== '' && { transferId: state.transferId }),
    transfer,
    intervalMs,
    ...(following && { following }),
    run: run.report(),
    findings: isFollowed && run.stopReason === undefined ? judge(watch, transfer, following) : [],
  }
}

function judge(watch: TransferWatch, transfer: TransferReport, following: Polled | undefined): Finding[] {
  const problems = findTransferProblems(transfer, 'the export', following !== undefined)
  if (following === undefined) return problems
  if (!watch.hasAny) {
    const tryNext = 'look for it in Bailo; an instance that lists no transfers is too old to be followed'
    return [{ subject: 'the export', message: 'was taken, and is not among the transfers of the model', tryNext }]
  }
  if (following.lastFailure === undefined || watch.openCount === 0) return problems
  const message = `could not be read ${following.failedPolls} times: ${following.lastFailure.replace(/\.$/, '')}`
  return [...problems, { subject: 'the list of transfers', message }]
}
