import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startSandbox, type Sandbox } from '../../src/lib/sandbox/index.js'
import { runCli } from './cli.js'
import { readFiles } from './read-instance.js'

const GIBIBYTE = 1024 ** 3
const LIMIT_BYTES = 150 * 1024 ** 2

let directory: string
let sandbox: Sandbox

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bailo-exp-memory-'))
  sandbox = await startSandbox({ discard: true })
})

afterEach(async () => {
  await sandbox.close()
  await rm(directory, { recursive: true })
})

/** The largest resident set that the kernel has seen of a running process (proc(5), VmHWM). */
async function readPeakBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024
}

describe.skipIf(process.platform !== 'linux')('memory (read from /proc, so on Linux only)', () => {
  it.each(['always', 'never'])('stays flat while a file of 2 GiB is uploaded, multipart %s', async (multipart) => {
    const dump = join(directory, 'dump.json')
    const file = { _id: 'a'.repeat(24), name: 'huge.bin', size: 2 * GIBIBYTE, complete: true }
    await writeFile(dump, JSON.stringify({ releases: [{ semver: '1.0.0', notes: 'n', files: [file] }] }))
    const peaksBytes: number[] = []
    const args = ['clone-releases', '--from-file', dump, '--no-images', '--multipart', multipart]

    const { exitCode, stdout } = await runCli([...args, '--json'], {
      cwd: directory,
      env: { URL: sandbox.url, ACCESS_KEY: sandbox.accessKey, SECRET_KEY: sandbox.secretKey },
      nodeArgs: ['--max-old-space-size=64'],
      onStart: (child) => {
        const watch = setInterval(() => {
          readPeakBytes(child.pid ?? 0).then(
            (bytes) => peaksBytes.push(bytes),
            () => clearInterval(watch),
          )
        }, 20)
        child.once('exit', () => clearInterval(watch))
      },
    })

    expect(exitCode).toBe(0)
    const { destination } = JSON.parse(stdout) as { destination: { modelId: string } }
    expect((await readFiles(sandbox, destination.modelId)).map(({ size }) => size)).toEqual([2 * GIBIBYTE])
    const measured = peaksBytes.filter((bytes) => !Number.isNaN(bytes))
    expect(measured.length).toBeGreaterThan(10)
    expect(Math.max(...measured)).toBeLessThan(LIMIT_BYTES)
  })
})
