import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { findSecret } from './secrets.js'

const BINARY = path.resolve(import.meta.dirname, '../../bin/run.js')

/** What a process needs of the outside; everything else, above all URL and keys, a test gives itself. */
const INHERITED = ['PATH', 'TMPDIR', 'TEMP', 'TMP', 'SystemRoot', 'PATHEXT']

/** Below the time limit of a test, so that a command that hangs fails its test and does not outlive it. */
const TIME_LIMIT_MS = 50_000

export type CliProcess = ChildProcessByStdio<null, Readable, Readable>

export interface CliOptions {
  readonly env?: Readonly<Record<string, string>>
  /** Default: an empty directory of its own, which is removed afterwards. */
  readonly cwd?: string
  /** Another program than that of this project, of the same form. */
  readonly binary?: string
  /** Options of Node itself. */
  readonly nodeArgs?: readonly string[]
  /** Called once the process runs, to signal it or to watch its output; it leads a process group of its own. */
  readonly onStart?: (child: CliProcess) => void
}

export interface CliResult {
  readonly stdout: string
  readonly stderr: string
  /** Null when a signal ended the process. */
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
}

/**
 * Runs the built `bailo-exp` as a process of its own, in an environment that holds nothing of the outside's settings, and
 * looks for the secret key in all that it left behind.
 */
export async function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const directory = await mkdtemp(path.join(tmpdir(), 'bailo-exp-test-'))
  const [home, ownCwd] = [path.join(directory, 'home'), path.join(directory, 'cwd')]
  await Promise.all([mkdir(home), mkdir(ownCwd)])
  const child = spawn(process.execPath, [...(options.nodeArgs ?? []), options.binary ?? BINARY, ...args], {
    cwd: options.cwd ?? ownCwd,
    env: { ...pickInherited(), HOME: home, USERPROFILE: home, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: process.platform !== 'win32',
  })
  const timer = setTimeout(() => signalGroup(child, 'SIGKILL'), TIME_LIMIT_MS)
  try {
    const ended = new Promise<Pick<CliResult, 'exitCode' | 'signal'>>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (exitCode, signal) => resolve({ exitCode, signal }))
    })
    const output = Promise.all([collect(child.stdout), collect(child.stderr)])
    options.onStart?.(child)
    const [end, [stdout, stderr]] = await Promise.all([ended, output])
    // A sandbox prints the keys that it makes; nothing ever prints those that it is given.
    await findSecret(options.env ?? {}, { stdout, stderr }, [directory, ...(options.cwd ? [options.cwd] : [])])
    return { stdout, stderr, ...end }
  } finally {
    clearTimeout(timer)
    await rm(directory, { recursive: true, force: true })
  }
}

/** Signals a process and its children, as a terminal does on Ctrl-C. */
export function signalGroup({ pid }: CliProcess, signal: NodeJS.Signals): void {
  if (pid !== undefined) process.kill(process.platform === 'win32' ? pid : -pid, signal)
}

function pickInherited(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => INHERITED.includes(name)))
}

/** All that is read until the stream ends or the test destroys it. */
async function collect(stream: Readable): Promise<string> {
  return text(stream).catch(() => '')
}
