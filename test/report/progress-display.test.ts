import { PassThrough } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createProgress } from '../../src/lib/report/progress-display.js'
import type { ProgressSnapshot } from '../../src/lib/run/progress.js'

const HALF: ProgressSnapshot = {
  stepsDone: 5,
  stepsFailed: 0,
  stepsTotal: 10,
  bytesDone: 0,
  bytesTotal: 0,
  retries: 0,
  running: [],
}

/** Something to write on, and what has been written. */
function createStream(properties: Partial<NodeJS.WriteStream>): { stream: NodeJS.WriteStream; text: () => string } {
  const stream = Object.assign(new PassThrough(), properties)
  let written = ''
  stream.on('data', (chunk: Buffer) => (written += chunk.toString()))
  return { stream: stream as unknown as NodeJS.WriteStream, text: () => stripVTControlCharacters(written) }
}

beforeEach(() => {
  // The clock stands still until a test moves it.
  vi.useFakeTimers({ toFake: ['performance', 'Date'], now: Date.parse('2026-08-01T12:00:00Z') })
})

afterEach(() => {
  vi.useRealTimers()
})

describe('in a log', () => {
  it('writes a line at most every five seconds', () => {
    const { stream, text } = createStream({ isTTY: false })
    const progress = createProgress(stream)
    progress.update(HALF)
    vi.advanceTimersByTime(4999)
    progress.update(HALF)
    expect(text()).toBe('')
    vi.advanceTimersByTime(1)
    progress.update(HALF)
    progress.update(HALF)
    vi.advanceTimersByTime(5000)
    progress.update({ ...HALF, stepsDone: 6 })
    progress.stop()
    expect(text()).toBe('2026-08-01T12:00:05.000Z 5/10 steps\n2026-08-01T12:00:10.000Z 6/10 steps\n')
  })
})

describe('on a terminal', () => {
  it('draws a bar once the total is known', () => {
    const { stream, text } = createStream({ isTTY: true, columns: 100 })
    const progress = createProgress(stream)
    progress.update({ ...HALF, stepsTotal: 0 })
    expect(text()).toBe('')
    progress.update(HALF)
    const bar = /[█░]+(?= 5\/10 steps)/.exec(text())?.[0] ?? ''
    expect(bar).toBe('█'.repeat(bar.length / 2) + '░'.repeat(bar.length / 2))
    expect(bar).not.toBe('')
    progress.stop()
  })

  it('measures by bytes where there are some', () => {
    const { stream, text } = createStream({ isTTY: true, columns: 100 })
    const progress = createProgress(stream)
    progress.update({ ...HALF, bytesDone: 300, bytesTotal: 300 })
    expect(text()).toMatch(/(^|[^░])█+ 5\/10 steps, 300 B of 300 B/)
    progress.stop()
  })

  it.each([
    ['more than there is', 500, /(^|[^░])█+ 5/],
    ['less than nothing', -500, /(^|[^█])░+ 5/],
  ])('keeps to the bar with %s', (_case, bytesDone, bar) => {
    const { stream, text } = createStream({ isTTY: true, columns: 100 })
    const progress = createProgress(stream)
    progress.update({ ...HALF, bytesDone, bytesTotal: 300 })
    expect(text()).toMatch(bar)
    progress.stop()
  })

  it('has a bar also on a narrow one', () => {
    const { stream, text } = createStream({ isTTY: true, columns: 20 })
    const progress = createProgress(stream)
    progress.update(HALF)
    expect(text()).toMatch(/████░░░░ /)
    progress.stop()
  })

  it('ends without having begun', () => {
    const { stream, text } = createStream({ isTTY: true, columns: 100 })
    createProgress(stream).stop()
    expect(text()).toBe('')
  })
})
