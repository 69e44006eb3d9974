import { channel } from 'node:diagnostics_channel'

/** One attempt of a request, whose answer has been read or has failed. */
export interface Attempt {
  readonly method: string
  readonly url: URL
  /** Undefined when no answer came. */
  readonly status: number | undefined
  /** Length of the body that was to be sent, where it is known beforehand; otherwise 0. */
  readonly bodyBytes: number
  /** Method, path as in the contract, and for a large body its order of magnitude: attempts of a kind are comparable. */
  readonly kind: string
  /** By `performance.now()`. */
  readonly startedMs: number
  readonly endedMs: number
}

/** What may be worth showing while requests are sent. */
export type HttpNews =
  | { readonly kind: 'attempt'; readonly attempt: Attempt; readonly failure: unknown }
  | { readonly kind: 'retry'; readonly failure: Error; readonly retry: Retry }

/** An attempt that is about to be made again. */
export interface Retry {
  /** 1 for the first one after the failure. */
  readonly number: number
  readonly maxRetries: number
  /** Time until then, in milliseconds. */
  readonly delayMs: number
}

/**
 * Every attempt of a request that this process sends, and every retry, of whatever connection: for who shows them, and costs
 * next to nothing when nobody does.
 */
const news = channel('bailo-exp:http')

export function tellNews(message: HttpNews): void {
  if (news.hasSubscribers) news.publish(message)
}

/** Has all further news told to `listener`, for as long as the process lives. */
export function watchNews(listener: (message: HttpNews) => void): void {
  news.subscribe((message) => listener(message as HttpNews))
}
