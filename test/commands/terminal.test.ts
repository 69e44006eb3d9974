import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startSandbox, type Sandbox } from '../../src/lib/sandbox/index.js'
import { createModel, environmentOf } from './failures.js'
import { runCli } from './cli.js'
import { hasTerminals, renderScreen, runAtTerminal } from './terminal.js'

const HIDE_CURSOR = '\u001b[?25l'
const SHOW_CURSOR = '\u001b[?25h'
const NO_WRAP = '\u001b[?7l'
const WRAP = '\u001b[?7h'
/** Select graphic rendition, with which colours are set (ECMA-48, SGR). */
// eslint-disable-next-line no-control-regex -- that is what is looked for
const COLOUR = /\u001b\[[\d;]+m/

let sandbox: Sandbox
let env: Readonly<Record<string, string>>

beforeAll(async () => {
  sandbox = await startSandbox()
  env = environmentOf(sandbox)
})

afterAll(() => sandbox.close())

/** Uploads that take their time, so that something is seen of them. */
const SLOW = ['concurrent-file-uploads', '--count', '6', '--size', '200KiB', '--bandwidth', '1MiB/s']

describe.skipIf(!hasTerminals)('a live block', () => {
  it.each([40, 160])('on %i columns leaves nothing behind it, and a terminal as it was', async (columns) => {
    const { output, exitCode } = await runAtTerminal(SLOW, { env, columns })
    expect(exitCode).toBe(0)
    expect(output).toContain('█')
    expect(output.lastIndexOf(SHOW_CURSOR)).toBeGreaterThan(output.lastIndexOf(HIDE_CURSOR))
    expect(output.lastIndexOf(WRAP)).toBeGreaterThan(output.lastIndexOf(NO_WRAP))
    const screen = await renderScreen(output, columns)
    expect(screen[0]).toMatch(/^concurrent-file-uploads in\b/)
    expect(screen.join('\n')).not.toMatch(/[█░]/)
  })

  it.each([40, 120])('on %i columns has above it, whole, what is said meanwhile', async (columns) => {
    const { output } = await runAtTerminal([...SLOW, '--verbose'], { env: { ...env, NO_COLOR: '1' }, columns })
    const screen = await renderScreen(output, columns)
    const uploads = screen.filter((line) => line.includes('/upload/'))
    expect(uploads).toHaveLength(6)
    for (const line of uploads) {
      expect(line).toMatch(/^[\d-]+T[\d:.]+Z POST http:\/\/\S+ 200 \([\d.]+ m?s, body 200 KiB\)$/)
    }
    const first = screen.findIndex((line) => line.startsWith('concurrent-file-uploads in'))
    for (const line of screen.slice(0, first)) expect(line).toMatch(/^[\d-]+T[\d:.]+Z /)
  })

  it('is gone after Ctrl-C, and what is said of that stands by itself', async () => {
    const { output, exitCode } = await runAtTerminal([...SLOW, '--grace', '100ms'], {
      env,
      columns: 60,
      prompt: 'file ',
      typed: '\u0003',
    })
    expect(exitCode).toBe(130)
    expect(output.lastIndexOf(SHOW_CURSOR)).toBeGreaterThan(output.lastIndexOf(HIDE_CURSOR))
    expect(output.lastIndexOf(WRAP)).toBeGreaterThan(output.lastIndexOf(NO_WRAP))
    const screen = await renderScreen(output, 60)
    const [first, second] = screen.slice(screen.findIndex((line) => line.startsWith('SIGINT: ')))
    // Broken at a space, since the terminal has 60 columns.
    expect(first).toBe('SIGINT: stopping when what is under way is done, at the')
    expect(second).toBe('latest in 100 ms; once more to stop at once.')
    expect(screen.join('\n')).not.toMatch(/[█░]/)
  })

  it.each([{ CI: 'true' }, { TERM: 'dumb' }])('is not there with %j', async (variables) => {
    const { output, exitCode } = await runAtTerminal(SLOW, { env: { ...env, ...variables } })
    expect(exitCode).toBe(0)
    expect(output).not.toContain(HIDE_CURSOR)
    expect(output).not.toContain('█')
    expect(output).toContain('As asked for by one listing: 6 files')
  })
})

describe.skipIf(!hasTerminals)('in CI', () => {
  it('nobody is asked, although there is a terminal', async () => {
    const model = await createModel(sandbox)
    const upload = await runCli(['concurrent-file-uploads', '--count', '1', '--size', '1', '--model', model], { env })
    expect(upload.exitCode).toBe(0)
    const purge = ['purge-files-without-release', '--model', model, '--older-than', '0s']
    const { output, exitCode } = await runAtTerminal(purge, { env: { ...env, CI: 'true' } })
    expect(exitCode).toBe(0)
    expect(output).toContain(`Nothing was deleted; --confirm ${model} deletes`)
  })
})

describe('colours', () => {
  it.skipIf(!hasTerminals).each([
    [true, {}],
    [true, { NO_COLOR: '' }],
    [false, { NO_COLOR: '1' }],
    [false, { FORCE_COLOR: '0' }],
    [false, { TERM: 'dumb' }],
  ])('at a terminal: %s with %j', async (isExpected, variables) => {
    const lines = [['doctor'], ['doctor', '--help'], ['no-such-command']]
    const results = await Promise.all(lines.map((args) => runAtTerminal(args, { env: { ...env, ...variables } })))
    expect(results.map(({ output }) => COLOUR.test(output))).toEqual(lines.map(() => isExpected))
  })

  it.each([
    [true, { FORCE_COLOR: '1' }],
    [true, { FORCE_COLOR: '1', NO_COLOR: '1' }],
    [false, {}],
    [false, { NO_COLOR: '1' }],
  ])('in pipes: %s with %j', async (isExpected, variables) => {
    // A check fails, which is said on stdout and on stderr.
    const args = ['doctor', '--model', 'nope-abcdef']
    const { stdout, stderr } = await runCli(args, { env: { ...env, ...variables } })
    expect([stdout, stderr].map((text) => COLOUR.test(text))).toEqual([isExpected, isExpected])
    const json = await runCli([...args, '--json'], { env: { ...env, ...variables } })
    expect(JSON.parse(json.stdout)).toMatchObject({ url: sandbox.url })
  })
})
