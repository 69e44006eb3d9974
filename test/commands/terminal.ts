import { spawn, spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import headless from '@xterm/headless'

const BINARY = path.resolve(import.meta.dirname, '../../bin/run.js')
const SCRIPT = path.resolve(import.meta.dirname, 'fixtures/run-at-terminal.py')

/** Node.js cannot make terminals: without Python, tests that need one are skipped. */
export const hasTerminals = spawnSync('python3', ['-c', 'import pty']).status === 0

export interface TerminalOptions {
  readonly env: Readonly<Record<string, string>>
  readonly columns?: number
  readonly rows?: number
  /** What is waited for before something is typed. */
  readonly prompt?: string
  readonly typed?: string
}

export interface TerminalResult {
  /** All that the terminal was sent. */
  readonly output: string
  readonly exitCode: number | null
}

/** Runs the built `bailo-exp` with a terminal of its own, and nothing of the outside's settings. */
export async function runAtTerminal(
  args: readonly string[],
  { env, columns = 80, rows = 24, prompt = '', typed = '' }: TerminalOptions,
): Promise<TerminalResult> {
  const home = await mkdtemp(path.join(tmpdir(), 'bailo-exp-terminal-'))
  try {
    const { PATH = '', TMPDIR } = process.env
    const command = [process.execPath, BINARY, ...args]
    const child = spawn('python3', [SCRIPT, String(columns), String(rows), prompt, typed, ...command], {
      cwd: home,
      env: { PATH, ...(TMPDIR && { TMPDIR }), HOME: home, TERM: 'xterm-256color', ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: 50_000,
    })
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
    return { output: await text(child.stdout), exitCode: await ended }
  } finally {
    await rm(home, { recursive: true })
  }
}

/** What somebody sees at last who scrolls back to the beginning: one string per line, those that were wrapped joined again. */
export async function renderScreen(output: string, columns = 80, rows = 24): Promise<string[]> {
  const terminal = new headless.Terminal({ cols: columns, rows, scrollback: 10_000, allowProposedApi: true })
  await new Promise<void>((resolve) => terminal.write(output, resolve))
  const { active } = terminal.buffer
  const lines: string[] = []
  for (let index = 0; index < active.length; index++) {
    const line = active.getLine(index)
    const isContinued = active.getLine(index + 1)?.isWrapped ?? false
    const shown = line?.translateToString(!isContinued) ?? ''
    if (line?.isWrapped) lines.push((lines.pop() ?? '') + shown)
    else lines.push(shown)
  }
  terminal.dispose()
  return lines
}
