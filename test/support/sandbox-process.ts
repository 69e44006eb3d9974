import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Readable } from 'node:stream'
import type { Instance } from '../commands/read-instance.js'

const BINARY = path.resolve(import.meta.dirname, '../../bin/run.js')

export interface SandboxProcess {
  readonly instance: Instance
  /** The largest resident set that the kernel has seen of it, on Linux (proc(5), VmHWM). */
  readPeakBytes(): Promise<number>
  close(): Promise<void>
}

/** Starts the built sandbox in a process of its own, so that nothing of the test counts. */
export async function startSandboxProcess(flags: readonly string[] = []): Promise<SandboxProcess> {
  const directory = await mkdtemp(path.join(tmpdir(), 'bailo-exp-test-'))
  const child = spawn(process.execPath, [BINARY, 'sandbox', '--json', ...flags], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env.PATH, TMPDIR: directory, HOME: directory },
  })
  return {
    instance: await readReport(child.stdout),
    readPeakBytes: async () => {
      const status = await readFile(`/proc/${child.pid}/status`, 'utf8')
      return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024
    },
    close: async () => {
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
      await rm(directory, { recursive: true })
    },
  }
}

async function readReport(stdout: Readable): Promise<Instance> {
  let text = ''
  for await (const chunk of stdout.iterator({ destroyOnReturn: false })) {
    text += String(chunk)
    if (text.trimEnd().endsWith('}')) break
  }
  return JSON.parse(text) as Instance
}
