/** One request, in order of arrival. */
export interface LoggedRequest {
  readonly method: string
  /** With the query, as it was sent. */
  readonly path: string
  /** 0 until the answer starts; stays 0 when the client went away before that. */
  readonly status: number
}

/** The list stops growing here, so that a load test of hours does not fill the memory; the counters go on. */
export const LOGGED_REQUESTS_CAP = 100_000

/** What was asked of the sandbox: the first requests one by one, all of them as counts per method and route. */
export class RequestLog {
  readonly list: LoggedRequest[] = []
  /** Requests per method and route, for instance `GET /api/v2/model/:modelId`; `GET (unknown route)` for the rest. */
  readonly counts = new Map<string, number>()

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
