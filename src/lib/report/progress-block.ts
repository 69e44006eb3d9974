import { MultiBar, Presets, type Options, type SingleBar } from 'cli-progress'
import type { Progress, ProgressSnapshot, RunningStep } from '../run/progress.js'
import { describeProgress, describeTransfer } from './progress-line.js'
import { ProgressPace } from './progress-pace.js'

/** Columns that the numbers beside the bar take at most. */
const TEXT_COLUMNS = 62
const FRAMES_PER_SECOND = 10
/** Lines of transfers at most; a terminal of few rows has fewer. */
const MAX_LINES = 8
const ROWS_FOR_OTHERS = 4
const LINE_BAR_COLUMNS = 12
const LINE_INDENT = '  '
const MIN_BAR_COLUMNS = 8
const MAX_BAR_COLUMNS = 40
/** What is said takes the place of the block, which is drawn again below it at once: erase in display (ECMA-48, ED). */
const CLEAR_BELOW = '\u001b[J'
/** The lines of the block do not wrap, those of what is said do (DEC private mode 7, DECAWM). */
const WRAP = '\u001b[?7h'
const NO_WRAP = '\u001b[?7l'

/**
 * A block of lines: all of the run, and below it the transfers that are under way. A transfer keeps its line, unless one above it
 * is free and it is the lowest, so that lines do not jump about.
 */
export class ProgressBlock implements Progress {
  readonly #stream: NodeJS.WriteStream
  readonly #block: MultiBar
  readonly #pace = new ProgressPace(performance.now())
  readonly #lines: { readonly bar: SingleBar; stepKey: string | undefined }[] = []
  #total: SingleBar | undefined
  #latest: ProgressSnapshot | undefined
  /** A process that is ended at once leaves the cursor as it was. */
  readonly #onExit = (): void => this.stop()

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream
    this.#block = new MultiBar(
      {
        stream,
        hideCursor: true,
        clearOnComplete: true,
        linewrap: false,
        // Signals are for the run to end by.
        gracefulExit: false,
        fps: FRAMES_PER_SECOND,
        // What is said clears lines that are the same as before.
        forceRedraw: true,
        format: (options, { progress }, { text = '', isLine = false }: Payload) => {
          if (text === '') return ''
          const size = isLine ? LINE_BAR_COLUMNS : this.#barColumns(text)
          const bar = size === 0 ? '' : `${drawBar(options, progress, size)} `
          return cutToColumns(`${isLine ? LINE_INDENT : ''}${bar}${text}`, stream.columns)
        },
      },
      Presets.shades_classic,
    )
  }

  update(snapshot: ProgressSnapshot): void {
    this.#latest = snapshot
    if (this.#total !== undefined || totalOf(snapshot) === 0) return
    process.once('exit', this.#onExit)
    // Snapshots come with every chunk, and are only put into words when they are drawn.
    this.#block.on('update-pre', () => this.#draw())
    this.#total = this.#block.create(totalOf(snapshot), 0)
    this.#draw()
  }

  say(text: string): void {
    if (this.#total === undefined) this.#stream.write(`${text}\n`)
    else this.#block.log(`${CLEAR_BELOW}${WRAP}${text}\n${NO_WRAP}`)
  }

  stop(): void {
    if (this.#total === undefined) return
    process.off('exit', this.#onExit)
    this.#block.removeAllListeners('update-pre')
    // What was said since the block was drawn last would be lost.
    this.#block.update()
    this.#block.stop()
  }

  #draw(): void {
    const snapshot = this.#latest
    if (snapshot === undefined) return
    const nowMs = performance.now()
    this.#pace.note(snapshot, nowMs)
    const text = describeProgress(snapshot, this.#pace.read(snapshot, nowMs))
    show(this.#total, snapshot.bytesTotal > 0 ? snapshot.bytesDone : snapshot.stepsDone, totalOf(snapshot), { text })
    this.#drawTransfers(snapshot.running().filter(({ bytesTotal }) => bytesTotal > 0))
  }

  #drawTransfers(transfers: readonly RunningStep[]): void {
    const running = new Map(transfers.map((transfer) => [transfer.key, transfer]))
    for (const line of this.#lines) {
      if (line.stepKey !== undefined && !running.has(line.stepKey)) line.stepKey = undefined
    }
    const shown = new Set(this.#lines.map(({ stepKey }) => stepKey))
    const maxLines = Math.min(MAX_LINES, this.#stream.rows - ROWS_FOR_OTHERS)
    for (const { key } of transfers.filter((transfer) => !shown.has(transfer.key))) {
      const free = this.#lines.find(({ stepKey }) => stepKey === undefined)
      if (free !== undefined) free.stepKey = key
      else if (this.#lines.length < maxLines) this.#lines.push({ bar: this.#block.create(1, 0), stepKey: key })
      else break
    }
    this.#closeGaps()
    const textColumns = this.#stream.columns - LINE_INDENT.length - LINE_BAR_COLUMNS - 1
    for (const { bar, stepKey } of this.#lines) {
      const transfer = running.get(stepKey ?? '')
      const text = transfer === undefined ? '' : describeTransfer(transfer, textColumns)
      show(bar, transfer?.bytesDone ?? 0, transfer?.bytesTotal ?? 1, { text, isLine: true })
    }
  }

  /** The lowest transfer takes a line that nothing else needs, so that no more than one of them moves. */
  #closeGaps(): void {
    for (const [index, line] of this.#lines.entries()) {
      if (line.stepKey !== undefined) continue
      const lowest = this.#lines.findLastIndex(({ stepKey }) => stepKey !== undefined)
      const last = this.#lines[lowest]
      if (last === undefined || lowest < index) return
      line.stepKey = last.stepKey
      last.stepKey = undefined
    }
  }

  /** What the usual text leaves of the line, so that the bar keeps its length; where that is too little, there is none. */
  #barColumns(text: string): number {
    const columns = Math.max(MIN_BAR_COLUMNS, Math.min(MAX_BAR_COLUMNS, this.#stream.columns - TEXT_COLUMNS))
    return columns + 1 + text.length <= this.#stream.columns || columns > MIN_BAR_COLUMNS ? columns : 0
  }
}

/** What a line of the block says. */
interface Payload {
  readonly text?: string
  readonly isLine?: boolean
}

/** Bytes where there are some, and otherwise steps; 0 until the plan is known. */
function totalOf({ bytesTotal, stepsTotal }: ProgressSnapshot): number {
  return bytesTotal > 0 ? bytesTotal : stepsTotal
}

function show(bar: SingleBar | undefined, value: number, total: number, payload: Payload): void {
  bar?.setTotal(total)
  bar?.update(Math.max(0, Math.min(total, value)), payload)
}

function drawBar(
  { barCompleteString = '', barIncompleteString = '' }: Options,
  progress: number,
  size: number,
): string {
  const done = Math.round(progress * size)
  return barCompleteString.slice(0, done) + barIncompleteString.slice(0, size - done)
}

/** Cuts what a narrow terminal has no room for; a line that wraps would spoil the block. */
function cutToColumns(text: string, columns: number): string {
  return text.length > columns ? `${text.slice(0, Math.max(0, columns - 1))}…` : text
}
