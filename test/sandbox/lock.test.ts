import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { UsageError } from '../../src/lib/errors.js'
import { startSandbox, type Sandbox } from '../../src/lib/sandbox/index.js'
import { lockDirectory } from '../../src/lib/sandbox/lock.js'

let directory: string
let child: ChildProcess | undefined

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'bailo-exp-lock-'))
  child = undefined
})

afterEach(async () => {
  await endChild()
  await rm(directory, { recursive: true })
})

async function endChild(): Promise<void> {
  if (child?.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}

/** Starts a process that holds nothing, to lend its number. */
function startIdleProcess(): number {
  child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { stdio: 'ignore' })
  return child.pid as number
}

const lockFile = () => path.join(directory, 'lock')

async function leaveLock(holder: object): Promise<void> {
  await writeFile(lockFile(), JSON.stringify({ host: hostname(), started: '', ...holder }))
}

describe('two sandboxes on one directory', () => {
  test('are refused within one process, also under another name', async () => {
    const first = await startSandbox({ dataDirectory: directory })
    const alias = `${directory}-alias`
    await symlink(directory, alias, 'junction')
    await expect(startSandbox({ dataDirectory: directory })).rejects.toThrow(UsageError)
    await expect(startSandbox({ dataDirectory: alias })).rejects.toThrow('is in use by this process')
    await rm(alias)
    await first.close()
    await (await startSandbox({ dataDirectory: directory })).close()
  })

  test('are refused when they start at the same moment: one of them runs', async () => {
    const attempts = await Promise.allSettled(
      Array.from({ length: 5 }, () => startSandbox({ dataDirectory: directory })),
    )
    const started = attempts.filter((one) => one.status === 'fulfilled').map(({ value }): Sandbox => value)
    expect(started).toHaveLength(1)
    await started[0]?.close()
    expect(await readdir(directory)).not.toContain('lock')
  })

  test('are refused with the number of the process that has it, which goes on', async () => {
    const pid = startIdleProcess()
    await leaveLock({ pid })
    const failure = startSandbox({ dataDirectory: directory })
    await expect(failure).rejects.toThrow(`The data directory ${directory} is in use by process ${pid}.`)
    await expect(failure).rejects.toBeInstanceOf(UsageError)
    expect(await readdir(directory)).toEqual(['lock'])
  })
})

describe('a lock that was left behind', () => {
  test('by a process that has ended is taken over', async () => {
    const pid = startIdleProcess()
    await leaveLock({ pid })
    await endChild()
    const lock = await lockDirectory(directory)
    expect(JSON.parse(await readFile(lockFile(), 'utf8'))).toMatchObject({ pid: process.pid })
    await lock.release()
    expect(await readdir(directory)).toEqual([])
  })

  test('by a process whose number is ours now is taken over: containers always start with the same', async () => {
    await leaveLock({ pid: process.pid })
    await (await lockDirectory(directory)).release()
  })

  test.skipIf(process.platform !== 'linux')(
    'by a process whose number another one has now is taken over (starts are read from /proc, so on Linux only)',
    async () => {
      await leaveLock({ pid: startIdleProcess(), started: 'another-boot 12345' })
      await (await lockDirectory(directory)).release()
    },
  )

  test.each(['', 'null', '{"pid":', '{"pid":-1,"host":"x","started":""}', '{"pid":0,"host":"x","started":""}'])(
    'without a readable holder is taken over: %j',
    async (text) => {
      await writeFile(lockFile(), text)
      await (await lockDirectory(directory)).release()
    },
  )

  test('by another machine is respected, because nothing can be known of it', async () => {
    await leaveLock({ pid: 1, host: 'elsewhere' })
    await expect(lockDirectory(directory)).rejects.toThrow('is in use by process 1 on the machine "elsewhere".')
    expect(await readdir(directory)).toEqual(['lock'])
  })
})
