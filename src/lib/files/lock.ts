import { randomUUID } from 'node:crypto'
import { link, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import path from 'node:path'

/** Who holds a lock. Enough to tell a process that runs from one of the same number that is long gone. */
interface Holder {
  readonly pid: number
  readonly host: string
  /** When the process began, in the kernel's own units, with the boot that these count from; empty where it is unknown. */
  readonly started: string
}

/** Attempts before giving up; more than one is needed only when several processes start at the same moment. */
const ATTEMPTS = 5

/** The lock files that this process holds: it cannot tell its own from one left by a process of its number. */
const heldHere = new Set<string>()

export interface Lock {
  /** Gives free what the lock is for. */
  release(): Promise<void>
}

/**
 * Takes for this process alone what a lock file stands for. A lock whose process has ended is taken over; one that cannot be
 * judged, because it was made on another machine, is respected.
 *
 * @param file in a directory that exists
 * @param refuse makes the error for a lock that is held, of who holds it: `process 123`
 * @throws what `refuse` makes, and the system's error when the file cannot be written
 */
export async function takeLock(file: string, refuse: (holder: string) => Error): Promise<Lock> {
  const place = path.join(await realpath(path.dirname(file)), path.basename(file))
  if (heldHere.has(place)) throw refuse('this process')
  heldHere.add(place)
  try {
    await createLock(file, refuse)
  } catch (error) {
    heldHere.delete(place)
    throw error
  }
  return {
    release: async () => {
      await rm(file, { force: true })
      heldHere.delete(place)
    },
  }
}

/** Who holds a lock now, as `process 123`; undefined when nobody does. Nothing is changed. */
export async function findLockHolder(file: string): Promise<string | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined)
  const holder = text === undefined ? undefined : parseHolder(text)
  return holder !== undefined && (await isRunning(holder)) ? describeHolder(holder) : undefined
}

async function createLock(file: string, refuse: (holder: string) => Error): Promise<void> {
  const own: Holder = { pid: process.pid, host: hostname(), started: await readStart(process.pid) }
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (await createWhole(file, JSON.stringify(own))) return
    const text = await readFile(file, 'utf8').catch(() => undefined)
    if (text === undefined) continue
    const holder = parseHolder(text)
    if (holder !== undefined && (await isRunning(holder))) throw refuse(describeHolder(holder))
    await removeStale(file, text)
  }
  throw refuse('a process that starts at this moment')
}

/** Creates a file that has its content from the first moment; false when there is one already. */
async function createWhole(file: string, content: string): Promise<boolean> {
  const temporary = `${file}.${randomUUID()}`
  await writeFile(temporary, content, { mode: 0o600, flag: 'wx' })
  try {
    await link(temporary, file)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    await rm(temporary, { force: true })
  }
}

/** Moves the lock away before looking at it again: another process may have taken over in the meantime. */
async function removeStale(file: string, staleText: string): Promise<void> {
  const moved = `${file}.${randomUUID()}`
  try {
    await rename(file, moved)
  } catch {
    return
  }
  if ((await readFile(moved, 'utf8')) !== staleText) await link(moved, file).catch(() => undefined)
  await rm(moved, { force: true })
}

async function isRunning({ pid, host, started }: Holder): Promise<boolean> {
  if (host !== hostname()) return true
  // Not this process, which would know; a process of the same number, as the first one of a container always is.
  if (pid === process.pid) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
  const startNow = await readStart(pid)
  return started === '' || startNow === '' || started === startNow
}

/** Process numbers are used again; together with the start of the process and of the machine they are not (proc(5)). */
async function readStart(pid: number): Promise<string> {
  try {
    const [stat, boot] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
    ])
    // The second field, the program's name in parentheses, may itself hold spaces and parentheses; the 22nd is the start.
    const afterName = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return `${boot.trim()} ${afterName[19] ?? ''}`
  } catch {
    return ''
  }
}

function parseHolder(text: string): Holder | undefined {
  try {
    const { pid, host, started } = JSON.parse(text) as Partial<Holder>
    return Number.isSafeInteger(pid) && Number(pid) > 0 && typeof host === 'string' && typeof started === 'string'
      ? { pid: Number(pid), host, started }
      : undefined
  } catch {
    return undefined
  }
}

function describeHolder({ pid, host }: Holder): string {
  return host === hostname() ? `process ${pid}` : `process ${pid} on the machine ${JSON.stringify(host)}`
}
