import { Presets, SingleBar } from 'cli-progress'
import type { Progress, ProgressSnapshot } from '../run/progress.js'
import { describeProgress } from './progress-line.js'

/** Time between two lines where there is no terminal. */
const LINE_INTERVAL_MS = 5000
/** Columns that the numbers beside the bar take at most. */
const TEXT_COLUMNS = 62

/** A progress display for stderr: a bar on a terminal, a timed line now and then in a log. */
export function createProgress(stream: NodeJS.WriteStream): Progress {
  return stream.isTTY ? new ProgressBar(stream) : new ProgressLines(stream)
}

class ProgressBar implements Progress {
  readonly #bar: SingleBar
  readonly #startedMs = performance.now()
  #isStarted = false

  constructor(stream: NodeJS.WriteStream) {
    this.#bar = new SingleBar(
      {
        stream,
        format: '{bar} {text}',
        barsize: Math.max(8, Math.min(40, stream.columns - TEXT_COLUMNS)),
        hideCursor: true,
        clearOnComplete: true,
        linewrap: false,
        fps: 10,
      },
      Presets.shades_classic,
    )
  }

  update(snapshot: ProgressSnapshot): void {
    const byBytes = snapshot.bytesTotal > 0
    const total = byBytes ? snapshot.bytesTotal : snapshot.stepsTotal
    const value = Math.max(0, Math.min(total, byBytes ? snapshot.bytesDone : snapshot.stepsDone))
    const payload = { text: describeProgress(snapshot, performance.now() - this.#startedMs) }
    if (this.#isStarted) {
      this.#bar.setTotal(total)
      this.#bar.update(value, payload)
    } else if (total > 0) {
      this.#isStarted = true
      this.#bar.start(total, value, payload)
    }
  }

  stop(): void {
    if (this.#isStarted) this.#bar.stop()
  }
}

class ProgressLines implements Progress {
  readonly #stream: NodeJS.WriteStream
  readonly #startedMs = performance.now()
  #writtenMs = performance.now()

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream
  }

  update(snapshot: ProgressSnapshot): void {
    const nowMs = performance.now()
    if (nowMs - this.#writtenMs < LINE_INTERVAL_MS) return
    this.#writtenMs = nowMs
    this.#stream.write(`${new Date().toISOString()} ${describeProgress(snapshot, nowMs - this.#startedMs)}\n`)
  }

  stop(): void {}
}
