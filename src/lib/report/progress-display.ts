import { isWatchedTerminal } from '../config/ci.js'
import type { Progress, ProgressSnapshot } from '../run/progress.js'
import { describeProgress } from './progress-line.js'
import { ProgressPace } from './progress-pace.js'

/** Time between two lines where there is no terminal. */
const LINE_INTERVAL_MS = 5000

/** A progress display for stderr: a live block on a terminal, a timed line now and then in a log and in CI. */
export async function createProgress(stream: NodeJS.WriteStream): Promise<Progress> {
  if (!isWatchedTerminal(stream)) return new ProgressLines(stream)
  const { ProgressBlock } = await import('./progress-block.js')
  return new ProgressBlock(stream)
}

class ProgressLines implements Progress {
  readonly #stream: NodeJS.WriteStream
  readonly #pace = new ProgressPace(performance.now())
  #writtenMs = performance.now()

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream
  }

  update(snapshot: ProgressSnapshot): void {
    const nowMs = performance.now()
    this.#pace.note(snapshot, nowMs)
    if (nowMs - this.#writtenMs < LINE_INTERVAL_MS) return
    this.#writtenMs = nowMs
    this.#stream.write(`${new Date().toISOString()} ${describeProgress(snapshot, this.#pace.read(snapshot, nowMs))}\n`)
  }

  say(text: string): void {
    this.#stream.write(`${text}\n`)
  }

  stop(): void {}
}
