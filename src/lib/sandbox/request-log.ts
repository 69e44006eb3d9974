/** One request, in order of arrival. */
export interface LoggedRequest {
  readonly method: string
  /** With the query, as it was sent. */
  readonly path: string
  /**
   * 0 until the answer starts; stays 0 when the client went away before that. For an answer that a fault took away it is the
   * one that there was.
   */
  readonly status: number
}

/** How a request ended. */
export interface ServedRequest {
  readonly method: string
  /** With the query, as it was sent. */
  readonly path: string
  /** Undefined when no answer was begun. */
  readonly status: number | undefined
  /** False when the connection ended before the answer did. */
  readonly isWhole: boolean
  /** Until the last byte of the answer was handed over. */
  readonly durationMs: number
}

/** The list stops growing here, so that a load test of hours does not fill the memory; the counters go on. */
export const LOGGED_REQUESTS_CAP = 100_000

/** Requests with them change nothing (RFC 9110, section 9.2.1). */
export const READING_METHODS: readonly string[] = ['GET', 'HEAD', 'OPTIONS']

/** How much was asked. Every request counts, whatever became of it. */
export interface RequestSummary {
  readonly total: number
  /** Those whose method may change something. */
  readonly changing: number
  /** By method and route, for instance `GET /api/v2/model/{modelId}`. */
  readonly routes: Readonly<Record<string, number>>
}

/** What was asked of the sandbox: the first requests one by one, all of them as counts per method and route. */
export class RequestLog {
  readonly list: LoggedRequest[] = []
  /** Requests per method and route, for instance `GET /api/v2/model/:modelId`; `GET (unknown route)` for the rest. */
  readonly counts = new Map<string, number>()

  clear(): void {
    this.list.length = 0
    this.counts.clear()
  }

  summarise(): RequestSummary {
    const entries = [...this.counts].map(([key, count]) => [key.replace(/:(\w+)/g, '{$1}'), count] as const)
    const sum = (chosen: typeof entries): number => chosen.reduce((total, [, count]) => total + count, 0)
    return {
      total: sum(entries),
      changing: sum(entries.filter(([key]) => !READING_METHODS.includes(key.split(' ', 1)[0] ?? ''))),
      routes: Object.fromEntries(entries.sort(([left], [right]) => (left < right ? -1 : 1))),
    }
  }

  /** Notes the arrival of a request. Returns a function to be called with the status once that is known. */
  add(method: string, path: string, route: string | undefined): (status: number) => void {
    const key = `${method} ${route ?? '(unknown route)'}`
    this.counts.set(key, (this.counts.get(key) ?? 0) + 1)
    const entry = { method, path, status: 0 }
    if (this.list.length < LOGGED_REQUESTS_CAP) this.list.push(entry)
    return (status) => {
      entry.status = status
    }
  }
}
