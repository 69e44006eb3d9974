// Each side and each server is a process of its own: what one of them keeps in memory or has optimised is no other's.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'

const ROOT = join(import.meta.dirname, '..', '..')
export const BINARY = join(ROOT, 'bin', 'run.js')
const PARTS = join(import.meta.dirname, 'parts')
const TELL_USAGE = join(PARTS, 'tell-usage.js')

const directories = []
process.once('exit', () => {
  for (const directory of directories) rmSync(directory, { recursive: true, force: true })
})

/** A directory that is gone when the process ends, however it does. */
export function makeDirectory() {
  const directory = mkdtempSync(join(tmpdir(), 'bailo-exp-bench-'))
  directories.push(directory)
  return directory
}

async function end(child, args) {
  const [stdout, code] = await Promise.all([
    text(child.stdout),
    new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (exitCode, signal) => resolve(exitCode ?? signal))
    }),
  ])
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${stdout}`)
  return stdout
}

/** What `bin/run.js` asks of V8 for every command; given to all sides alike. */
const FLAGS = ['--liftoff-only']

/** Runs one of the scripts in `parts`, which prints what it has measured as JSON. */
export async function runPart(name, options) {
  const args = [...FLAGS, join(PARTS, `${name}.js`), JSON.stringify(options)]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  return JSON.parse(await end(child, args))
}

/**
 * Runs a command to its end.
 *
 * @returns what it printed, and how long it took as a whole process, in milliseconds
 */
export async function runCommand(file, args, { env = process.env, cwd } = {}) {
  const startedMs = performance.now()
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'], env, cwd })
  const stdout = await end(child, [file, ...args])
  return { stdout, ms: performance.now() - startedMs }
}

/** Runs `bailo-exp` and finds out what it used: `peakBytes` of memory, `cpuMs` of all its threads. */
export async function runCli(args, { env, cwd } = {}) {
  const directory = makeDirectory()
  const usage = join(directory, 'usage.json')
  const { stdout, ms } = await runCommand(process.execPath, ['--import', TELL_USAGE, BINARY, ...args], {
    env: { PATH: process.env.PATH, HOME: directory, BENCH_USAGE_FILE: usage, ...env },
    cwd: cwd ?? directory,
  })
  return { stdout, ms, ...JSON.parse(readFileSync(usage, 'utf8')) }
}

/**
 * Starts a server, waits for the first line that it prints, which is JSON, lets it be used, and ends it.
 *
 * @template T
 * @param {string[]} command
 * @param {(first: any) => Promise<T>} use
 */
async function withServer(command, use, env = process.env) {
  const [file, ...args] = command
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'], env })
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  const closed = new Promise((resolve) => child.once('close', resolve))
  const lines = createInterface({ input: child.stdout })
  try {
    const first = await new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (code) => reject(new Error(`${command.join(' ')} ended with ${code}`)))
      lines.once('line', resolve)
    })
    return await use(JSON.parse(first))
  } finally {
    child.kill('SIGTERM')
    await closed
    process.off('exit', kill)
  }
}

/** A server in `parts`, which prints `{"url": ...}`. */
export async function withPart(name, use, options = {}) {
  return withServer([process.execPath, join(PARTS, `${name}.js`), JSON.stringify(options)], use)
}

/** A sandbox with some flags; `use` gets the environment that leads there. */
export async function withSandbox(flags, use) {
  return withPart('sandbox', ({ env }) => use(env), { flags })
}
