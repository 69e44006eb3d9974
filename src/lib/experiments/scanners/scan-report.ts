import type { Finding } from '../result.js'
import { measureTimes, type Times } from '../times.js'
import { SCAN_STATES, type FileScan, type ScannedWatchedFile, type ScanState } from './scan-watch.js'

export interface ScannerReport {
  readonly scanner: string
  readonly version?: string
  readonly files: number
  readonly states: Readonly<Record<ScanState, number>>
  /** Absent when none of its scans came to an end. */
  readonly times?: Times
  /** The same for files of up to so many bytes and more than those of the group before; smallest first. */
  readonly timesBySize: readonly (Times & { readonly upToBytes: number })[]
}

/** A file that a scanner found bad, or came to no result with. */
export interface NotableScan extends FileScan {
  readonly fileId: string
  readonly name: string
  readonly path?: string
  readonly sizeBytes: number
}

/** States that an experiment may fail on. */
export const FAILING_STATES = ['bad', 'error', 'unfinished'] as const
export type FailingState = (typeof FAILING_STATES)[number]

const MEBIBYTE = 2 ** 20
/** Scanners take time per byte as well: files are grouped by powers of ten MiB. */
const SMALLEST_GROUP_BYTES = MEBIBYTE

/** What each scanner did, in the order in which the instance lists them. */
export function reportScanners(
  files: readonly ScannedWatchedFile[],
  versions: ReadonlyMap<string, string | undefined>,
): ScannerReport[] {
  const names = new Set([...versions.keys(), ...files.flatMap(({ scans }) => scans.map(({ scanner }) => scanner))])
  return [...names].map((scanner) => {
    const scans = files.flatMap(({ sizeBytes, scans }) =>
      scans.filter((scan) => scan.scanner === scanner).map((scan) => ({ ...scan, sizeBytes })),
    )
    const times = measure(scans)
    const version = versions.get(scanner)
    return {
      scanner,
      ...(version !== undefined && { version }),
      files: scans.length,
      states: countStates(scans),
      ...(times && { times }),
      timesBySize: measureBySize(scans),
    }
  })
}

/** One row for each file and scanner that found it bad, failed, or never finished; the bad ones first. */
export function listNotable(files: readonly ScannedWatchedFile[]): NotableScan[] {
  const rows = files.flatMap(({ scans, id, name, path, sizeBytes }) =>
    scans
      .filter(({ state }) => isFailing(state))
      .map((scan) => ({ fileId: id, name, ...(path !== undefined && { path }), sizeBytes, ...scan })),
  )
  return rows.sort((a, b) => SCAN_STATES.indexOf(a.state) - SCAN_STATES.indexOf(b.state))
}

const ADVICE: Readonly<Record<FailingState, string>> = {
  bad: 'delete it from the model, or leave bad out of --fail-on where bad files are uploaded on purpose',
  error: "look into the scanner's log, then --rescan",
  unfinished: 'a longer --wait, or look into the log of the scanner; --rescan asks it again',
}

/** The findings that notable scans are when the states of `failOn` are not what was hoped for. */
export function findFailures(notable: readonly NotableScan[], failOn: ReadonlySet<FailingState>): Finding[] {
  return notable.flatMap((scan): Finding[] => {
    if (!isFailing(scan.state) || !failOn.has(scan.state)) return []
    return [{ subject: `file ${scan.path ?? scan.name}`, message: describeScan(scan), tryNext: ADVICE[scan.state] }]
  })
}

/** Goes on after the name of the file. */
export function describeScan({ scanner, state, summary, lastSeen }: FileScan): string {
  switch (state) {
    case 'bad':
      return `was found bad by ${scanner}: ${summary.join(', ')}`
    case 'error':
      return `could not be scanned by ${scanner}, which ended with an error`
    case 'unfinished':
      return `has no result of ${scanner}${lastSeen === undefined ? '' : ` (${lastSeen})`}`
    case 'clean':
    case 'skipped':
      return `is ${state} for ${scanner}`
  }
}

function isFailing(state: ScanState): state is FailingState {
  return (FAILING_STATES as readonly ScanState[]).includes(state)
}

function countStates(scans: readonly FileScan[]): Record<ScanState, number> {
  const counts = Object.fromEntries(SCAN_STATES.map((state) => [state, 0])) as Record<ScanState, number>
  for (const { state } of scans) counts[state]++
  return counts
}

function measure(scans: readonly FileScan[]): Times | undefined {
  return measureTimes(scans.flatMap(({ afterMs }) => (afterMs === undefined ? [] : [afterMs])))
}

function measureBySize(scans: readonly (FileScan & { readonly sizeBytes: number })[]): ScannerReport['timesBySize'] {
  const groups = new Map<number, FileScan[]>()
  for (const scan of scans) {
    let upToBytes = SMALLEST_GROUP_BYTES
    while (upToBytes < scan.sizeBytes) upToBytes *= 10
    groups.set(upToBytes, [...(groups.get(upToBytes) ?? []), scan])
  }
  return [...groups]
    .sort(([a], [b]) => a - b)
    .flatMap(([upToBytes, group]) => {
      const times = measure(group)
      return times === undefined ? [] : [{ upToBytes, ...times }]
    })
}
