import { chalkStderr as chalk } from 'chalk'
import { showControls } from '../http/server-text.js'
import { watchNews } from '../http/news.js'
import { describeNews } from '../report/request-line.js'
import { sayOnStderr } from '../report/stderr.js'

/** Shows what is sent from now on, and how it ends, on stderr: a timed line for each attempt of a request. */
export function showRequests(): void {
  watchNews((news) => sayTimed(describeNews(news)))
}

/** Says something that happens now, in detail. */
export function sayTimed(text: string): void {
  sayOnStderr(chalk.dim(`${new Date().toISOString()} ${showControls(text)}`))
}
