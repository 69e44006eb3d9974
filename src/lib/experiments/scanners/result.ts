import type { Scanner } from '../../api/scanning.js'
import type { ExperimentContext } from '../context.js'
import type { ExperimentResult, Finding, TargetModel } from '../result.js'
import type { Following } from './follow-scans.js'
import type { ScannersOptions } from './options.js'
import { countBytes, type UploadPlan } from './plan.js'
import { findFailures, listNotable, reportScanners, type NotableScan, type ScannerReport } from './scan-report.js'
import type { ScannedWatchedFile, ScanWatch } from './scan-watch.js'
import type { MadeRelease } from './upload.js'
import type { Skipped } from './walk-tree.js'

/** What `scanners --json` prints. */
export interface ScannersResult extends ExperimentResult {
  readonly experiment: 'scanners'
  /** Releases that were made, or would be, oldest first. */
  readonly releases: readonly { readonly label: string; readonly semver: string; readonly files: number }[]
  /** Bytes of all files that were to be uploaded. */
  readonly plannedBytes: number
  /** What is in the named paths and was not uploaded. */
  readonly skipped: readonly Skipped[]
  /** Files that are called otherwise in Bailo, because a release takes each name once. */
  readonly renamed: readonly { readonly path: string; readonly name: string }[]
  /**
   * Whether scanners were followed: not with `--no-wait` (`not-asked`), not where the instance has none of files, and not
   * in a dry run or when nothing was there to be scanned.
   */
  readonly scanning: 'followed' | 'not-asked' | 'no-scanners' | 'nothing-to-scan'
  /** Between two listings; times to a result are late by so much at most. */
  readonly intervalMs: number
  readonly following?: Following
  readonly scanners: readonly ScannerReport[]
  /** Each file that a scanner found bad, failed at, or never finished. */
  readonly notable: readonly NotableScan[]
  /** All files, with what each scanner said. */
  readonly files: readonly ScannedWatchedFile[]
  /** The findings that are not about a scan; `findings` has all. */
  readonly otherFindings: readonly Finding[]
}

/** What was done, before it is summed up. */
export interface Outcome {
  readonly target: TargetModel
  /** Absent when files were scanned again. */
  readonly plan?: UploadPlan
  readonly releases: readonly MadeRelease[]
  /** From the check at the end. */
  readonly findings: readonly Finding[]
  readonly following: Following | undefined
}

/** Sums up a run of the experiment. */
export function summarise(
  { run, version }: ExperimentContext,
  options: ScannersOptions,
  fileScanners: readonly Scanner[],
  watch: ScanWatch,
  { target, plan, releases, following, findings }: Outcome,
): ScannersResult {
  const { seed, intervalMs, failOn } = options
  const files = watch.results()
  const isFollowed = following !== undefined && files.length > 0
  const notable = isFollowed ? listNotable(files) : []
  const versions = new Map(fileScanners.map(({ toolName, scannerVersion }) => [toolName, scannerVersion]))
  const { skipped = [], renamed = [] } = plan ?? {}
  const otherFindings = run.isDryRun
    ? []
    : [
        ...findings,
        ...skipped.flatMap(reportUnreadable),
        ...reportBlindness(options, fileScanners, following, watch.openCount),
      ]
  return {
    experiment: 'scanners',
    version,
    seed,
    target,
    releases: releases.map(({ label, semver, files: { length } }) => ({ label, semver, files: length })),
    plannedBytes: plan === undefined ? 0 : countBytes(plan),
    skipped,
    renamed: renamed.map(({ shownPath, name }) => ({ path: shownPath, name })),
    scanning: isFollowed ? 'followed' : explainNotFollowed(options, fileScanners),
    intervalMs,
    ...(following && { following }),
    scanners: isFollowed ? reportScanners(files, versions) : [],
    notable,
    files,
    otherFindings,
    run: run.report(),
    // A wait that was interrupted says nothing about the scanners.
    findings: [...otherFindings, ...(run.stopReason === undefined ? findFailures(notable, failOn) : [])],
  }
}

/** Of what was left out, only this was asked for and could not be had. */
function reportUnreadable({ reason, shownPath, message }: Skipped): Finding[] {
  return reason === 'unreadable' ? [{ subject: shownPath, message, tryNext: 'let this user read it' }] : []
}

/** What kept results from being seen, other than the scanners themselves. */
function reportBlindness(
  { waitMs, failOn }: ScannersOptions,
  fileScanners: readonly Scanner[],
  following: Following | undefined,
  openCount: number,
): Finding[] {
  if (waitMs === undefined) return []
  if (fileScanners.length === 0 && failOn.has('unfinished')) {
    const tryNext = 'set up a scanner of files in Bailo, or use --no-wait where none is expected'
    return [{ subject: 'the instance', message: 'has no scanner of files', tryNext }]
  }
  if (following?.lastFailure === undefined || openCount === 0) return []
  const message = `could not be read ${following.failedPolls} times: ${following.lastFailure.replace(/\.$/, '')}`
  return [{ subject: 'the list of files', message }]
}

function explainNotFollowed(
  { waitMs }: ScannersOptions,
  fileScanners: readonly Scanner[],
): Exclude<ScannersResult['scanning'], 'followed'> {
  if (waitMs === undefined) return 'not-asked'
  return fileScanners.length === 0 ? 'no-scanners' : 'nothing-to-scan'
}
