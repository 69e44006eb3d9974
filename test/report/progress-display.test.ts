import { PassThrough } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createProgress } from '../../src/lib/report/progress-display.js'
import { renderScreen } from '../commands/terminal.js'
import type { ProgressSnapshot, RunningStep } from '../../src/lib/run/progress.js'

const HALF: ProgressSnapshot = {
  stepsDone: 5,
  stepsFailed: 0,
  stepsTotal: 10,
  bytesDone: 0,
  bytesTotal: 0,
  retries: 0,
  running: () => [],
}

/** Something to write on, and what has been written. */
function createStream(properties: Partial<NodeJS.WriteStream>): {
  stream: NodeJS.WriteStream
  text: () => string
  raw: () => string
} {
  const stream = Object.assign(new PassThrough(), properties)
  let written = ''
  stream.on('data', (chunk: Buffer) => (written += chunk.toString()))
  // Where the cursor is moved to the beginning of a line, another one begins.
  // eslint-disable-next-line no-control-regex -- that is what is looked for
  const text = () => stripVTControlCharacters(written.replace(/\u001b\[\d*[AG]/g, '\n'))
  return { stream: stream as unknown as NodeJS.WriteStream, text, raw: () => written }
}

/** The display draws by a clock of its own, ten times a second. */
function drawn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 250))
}

beforeEach(() => {
  // Where these tests run does not matter.
  vi.stubEnv('CI', '')
  vi.stubEnv('TERM', 'xterm')
  // The clock stands still until a test moves it.
  vi.useFakeTimers({ toFake: ['performance', 'Date'], now: Date.parse('2026-08-01T12:00:00Z') })
})

afterEach(() => {
  vi.unstubAllEnvs()
  vi.useRealTimers()
})

describe('in a log', () => {
  it('writes a line at most every five seconds', async () => {
    const { stream, text } = createStream({ isTTY: false })
    const progress = await createProgress(stream)
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
    expect(text()).toBe(
      '2026-08-01T12:00:05.000Z 5/10 steps, 1/s, 5 s left\n2026-08-01T12:00:10.000Z 6/10 steps, 7 s left\n',
    )
  })
})

describe('on a terminal', () => {
  it('draws a bar once the total is known', async () => {
    const { stream, text } = createStream({ isTTY: true, columns: 100 })
    const progress = await createProgress(stream)
    progress.update({ ...HALF, stepsTotal: 0 })
    expect(text()).toBe('')
    progress.update(HALF)
    await drawn()
    const bar = /[█░]+(?= 5\/10 steps)/.exec(text())?.[0] ?? ''
    expect(bar).toBe('█'.repeat(bar.length / 2) + '░'.repeat(bar.length / 2))
    expect(bar).not.toBe('')
    progress.stop()
  })

  it('measures by bytes where there are some', async () => {
    const { stream, text } = createStream({ isTTY: true, columns: 100 })
    const progress = await createProgress(stream)
    progress.update({ ...HALF, bytesDone: 300, bytesTotal: 300 })
    await drawn()
    expect(text()).toMatch(/(^|[^░])█+ 5\/10 steps, 300 B of 300 B/)
    progress.stop()
  })

  it.each([
    ['more than there is', 500, /(^|[^░])█+ 5/],
    ['less than nothing', -500, /(^|[^█])░+ 5/],
  ])('keeps to the bar with %s', async (_case, bytesDone, bar) => {
    const { stream, text } = createStream({ isTTY: true, columns: 100 })
    const progress = await createProgress(stream)
    progress.update({ ...HALF, bytesDone, bytesTotal: 300 })
    await drawn()
    expect(text()).toMatch(bar)
    progress.stop()
  })

  it('has a bar also on a narrow one', async () => {
    const { stream, text } = createStream({ isTTY: true, columns: 20 })
    const progress = await createProgress(stream)
    progress.update(HALF)
    await drawn()
    expect(text()).toMatch(/████░░░░ /)
    progress.stop()
  })

  it('has a line for each transfer, which keeps it as long as it runs, and none for what sends nothing', async () => {
    const { stream, text } = createStream({ isTTY: true, columns: 100, rows: 24 })
    const progress = await createProgress(stream)
    const transfer = (key: string, bytesDone: number) => ({ key, bytesDone, bytesTotal: 1000 })
    const running: RunningStep[] = [
      transfer('file a', 250),
      transfer('file b\u001b[2J', 500),
      { key: 'card x', bytesDone: 0, bytesTotal: 0 },
    ]
    progress.update({ ...HALF, bytesTotal: 4000, running: () => running })
    await drawn()
    progress.stop()
    const screen = text()
    expect(screen).toMatch(/^ {2}█{3}░{9} 250 B of 1000 B {7}file a$/m)
    expect(screen).toContain('500 B of 1000 B       file b\\u{1b}[2J')
    expect(screen).not.toContain('card x')
  })

  it('cuts lines that would wrap, and has no more of them than fit', async () => {
    const { stream, text } = createStream({ isTTY: true, columns: 40, rows: 6 })
    const progress = await createProgress(stream)
    const running = Array.from({ length: 20 }, (_, index) => ({
      key: `file ${'x'.repeat(60)}${index}`,
      bytesDone: 0,
      bytesTotal: 1,
    }))
    progress.update({ ...HALF, bytesTotal: 1, running: () => running })
    await drawn()
    progress.stop()
    const lines = text().split(/[\r\n]+/)
    expect(lines.filter((line) => line.length > 40)).toEqual([])
    expect(new Set(lines.flatMap((line) => /x\d+$/.exec(line)?.[0] ?? []))).toEqual(new Set(['x0', 'x1']))
  })

  it('lets what is said stay above the block', async () => {
    const { stream, text } = createStream({ isTTY: true, columns: 100, rows: 24 })
    const progress = await createProgress(stream)
    progress.say('before')
    progress.update(HALF)
    progress.say('Note: within')
    await drawn()
    progress.stop()
    expect(text()).toMatch(/^before\n[^]*Note: within\n/)
  })

  it('has no line between two transfers that is empty, also when others have ended', async () => {
    const { stream, raw } = createStream({ isTTY: true, columns: 100, rows: 24 })
    const progress = await createProgress(stream)
    let keys = ['file a', 'file b', 'file c', 'file d']
    const running = (): RunningStep[] => keys.map((key) => ({ key, bytesDone: 1, bytesTotal: 2 }))
    progress.update({ ...HALF, bytesTotal: 8, running })
    await drawn()
    keys = ['file b', 'file d']
    await drawn()
    const screen = await renderScreen(raw(), 100)
    progress.stop()
    expect(screen.slice(1, 4).map((line) => /file \w$|^$/.exec(line)?.[0])).toEqual(['file d', 'file b', ''])
  })

  it('ends without having begun', async () => {
    const { stream, text } = createStream({ isTTY: true, columns: 100 })
    const progress = await createProgress(stream)
    progress.stop()
    expect(text()).toBe('')
  })
})
