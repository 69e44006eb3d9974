import type { ScannedFile, ScanResult } from '../../api/answers.js'

/** Where a scan ended, or that it did not. A complete one is `clean` or `bad` by what it found. */
export const SCAN_STATES = ['clean', 'bad', 'skipped', 'error', 'unfinished'] as const
export type ScanState = (typeof SCAN_STATES)[number]

/** What one scanner said of one file. */
export interface FileScan {
  readonly scanner: string
  readonly state: ScanState
  /** The server's word for it when it was last seen, such as `inProgress`; absent when this scanner has said nothing. */
  readonly lastSeen?: string
  /**
   * From the moment when the server had answered the upload, or the request to scan again, until a listing showed the
   * result. Late by up to one interval; the server's `lastRunAt` is of another clock and says when the scan began.
   */
  readonly afterMs?: number
  /** What was found. */
  readonly summary: readonly string[]
}

export interface WatchedFile {
  readonly id: string
  /** As it is called in Bailo. */
  readonly name: string
  readonly sizeBytes: number
  /** Where it came from; absent for a file that was in the model before. */
  readonly path?: string
}

export interface ScannedWatchedFile extends WatchedFile {
  readonly scans: readonly FileScan[]
}

interface Entry {
  readonly file: WatchedFile
  readonly sinceMs: number | undefined
  /** `lastRunAt` by scanner of results that were there before. */
  readonly before: ReadonlyMap<string, string | undefined>
  /** Scanners that were seen at work since, so that what they say is of now. */
  readonly restarted: Set<string>
  readonly scans: Map<string, FileScan>
  isListed: boolean
}

/** Follows what each scanner says of each file, from one listing of all files to the next. */
export class ScanWatch {
  readonly #scanners: readonly string[]
  readonly #entries = new Map<string, Entry>()
  /** Ids of files with scanners that have not come to an end. */
  readonly #open = new Set<string>()

  /** @param scanners the names of those that every file is waited for */
  constructor(scanners: readonly string[]) {
    this.#scanners = scanners
  }

  /**
   * Follows a file from now on.
   *
   * @param sinceMs when it was there to be scanned; undefined where nobody knows, and then no times are taken
   * @param before what was said of it until then, which counts only once it changes
   */
  add(file: WatchedFile, sinceMs: number | undefined, before: readonly ScanResult[] = []): void {
    this.#entries.set(file.id, {
      file,
      sinceMs,
      before: new Map(before.map(({ toolName, lastRunAt }) => [toolName, lastRunAt])),
      restarted: new Set(),
      scans: new Map(),
      isListed: true,
    })
    this.#open.add(file.id)
  }

  get scannerCount(): number {
    return this.#scanners.length
  }

  /** Files that scanners are still at. */
  get openCount(): number {
    return this.#open.size
  }

  /** @param seenMs when the listing was read, by the clock of {@link add} */
  note(listing: readonly ScannedFile[], seenMs: number): void {
    const listed = new Map(listing.map((file) => [file._id, file]))
    for (const id of this.#open) {
      const entry = this.#entries.get(id)
      if (entry === undefined) continue
      const file = listed.get(id)
      entry.isListed = file !== undefined
      for (const result of file?.scanResults ?? []) noteResult(entry, result, seenMs)
      const isDone = this.#scanners.every((scanner) => isFinished(entry.scans.get(scanner)))
      // What is gone will never be scanned.
      if (isDone || !entry.isListed) this.#open.delete(id)
    }
  }

  /** Sorted by where the files came from, or else by their names; scanners that have said nothing are in it too. */
  results(): ScannedWatchedFile[] {
    const nameOf = ({ file: { path, name } }: Entry): string => path ?? name
    const entries = [...this.#entries.values()].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
    return entries.map(({ file, scans, isListed }) => {
      const names = new Set([...this.#scanners, ...scans.keys()])
      const silent = {
        state: 'unfinished' as const,
        summary: [],
        ...(!isListed && { lastSeen: 'not listed any more' }),
      }
      return { ...file, scans: [...names].map((scanner) => scans.get(scanner) ?? { scanner, ...silent }) }
    })
  }
}

function noteResult(entry: Entry, result: ScanResult, seenMs: number): void {
  const { toolName: scanner, state: lastSeen, lastRunAt } = result
  if (isFinished(entry.scans.get(scanner))) return
  const state = judge(result)
  if (state === 'unfinished') entry.restarted.add(scanner)
  const isOld = entry.before.has(scanner) && !entry.restarted.has(scanner) && entry.before.get(scanner) === lastRunAt
  if (isOld) return
  const summary = (result.summary ?? []).map(describeFinding)
  const isTimed = state !== 'unfinished' && entry.sinceMs !== undefined
  const afterMs = Math.max(0, Math.round(seenMs - (entry.sinceMs ?? seenMs)))
  entry.scans.set(scanner, { scanner, state, lastSeen, summary, ...(isTimed && { afterMs }) })
}

function judge({ state, summary = [] }: ScanResult): ScanState {
  if (state === 'complete') return summary.length > 0 ? 'bad' : 'clean'
  return state === 'skipped' || state === 'error' ? state : 'unfinished'
}

function isFinished(scan: FileScan | undefined): boolean {
  return scan !== undefined && scan.state !== 'unfinished'
}

function describeFinding({ severity, vulnerabilityDescription }: NonNullable<ScanResult['summary']>[number]): string {
  const what = vulnerabilityDescription ?? 'something'
  return severity === undefined ? what : `${what} (${severity})`
}
