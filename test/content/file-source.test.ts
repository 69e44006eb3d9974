import { execFileSync } from 'node:child_process'
import {
  appendFile,
  mkdir,
  mkdtemp,
  readdir,
  readlink,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { FileChangedError, fileSource } from '../../src/lib/content/file-source.js'
import { readAll } from './read-all.js'

const MEBIBYTE = 2 ** 20

let directory: string
let path: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bailo-exp-file-'))
  path = join(directory, 'file.bin')
})

afterEach(() => rm(directory, { recursive: true }))

/** The file as it is now. */
async function sourceNow() {
  const { size: sizeBytes, mtimeMs } = await stat(path)
  return fileSource(path, { sizeBytes, mtimeMs })
}

/** Bytes that differ from place to place. */
function makeBytes(length: number): Buffer {
  return Buffer.from(
    Uint32Array.from({ length: Math.ceil(length / 4) }, (_, index) => index * 2654435761).buffer,
  ).subarray(0, length)
}

test('reads the whole file in pieces of 1 MiB, and any part of it', async () => {
  const bytes = makeBytes(2.5 * MEBIBYTE)
  await writeFile(path, bytes)
  const source = await sourceNow()
  expect(source.sizeBytes).toBe(bytes.length)
  const lengths: number[] = []
  for await (const piece of source.open() as AsyncIterable<Buffer>) lengths.push(piece.length)
  expect(lengths).toEqual([MEBIBYTE, MEBIBYTE, MEBIBYTE / 2])
  expect((await readAll(source.open())).equals(bytes)).toBe(true)
  expect((await readAll(source.open({ start: 5, end: 1_500_000 }))).equals(bytes.subarray(5, 1_500_000))).toBe(true)
  expect(await readAll(source.open({ start: bytes.length }))).toHaveLength(0)
  expect(() => source.open({ end: bytes.length + 1 })).toThrow(RangeError)
})

test.each([
  ['grows', () => appendFile(path, 'x'), /changed from 3145728 to 3145729 bytes/],
  ['shrinks', () => truncate(path, MEBIBYTE + 1), /changed from 3145728 to 1048577 bytes/],
  ['is written to', () => utimes(path, new Date(), new Date(Date.now() + 5000)), /was written to/],
  ['is replaced by a link', () => rm(path).then(() => symlink('/etc/hostname', path)), undefined],
])('fails when the file %s while it is read, and keeps back its end', async (_what, change, message) => {
  await writeFile(path, makeBytes(3 * MEBIBYTE))
  const source = await sourceNow()
  let received = 0
  const read = async (): Promise<void> => {
    for await (const piece of source.open() as AsyncIterable<Buffer>) {
      if (received === 0) await change()
      received += piece.length
    }
  }
  if (message === undefined) {
    // An open file is not touched by that; a new stream is.
    await read()
    await expect(readAll(source.open())).rejects.toThrow(/cannot be read \(ELOOP\)/)
    return
  }
  const failure = await read().catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(FileChangedError)
  expect((failure as Error).message).toMatch(message)
  expect(received).toBeLessThan(3 * MEBIBYTE)
  // Nor can a part be read any more, which would be of another version than the parts before.
  await expect(readAll(source.open({ start: 10, end: 20 }))).rejects.toThrow(FileChangedError)
})

/** What this process has open; the runner around this test opens and closes files meanwhile. */
async function openFiles(): Promise<string[]> {
  const folder = '/proc/self/fd'
  const targets = (await readdir(folder)).map((name) => readlink(join(folder, name)).catch(() => 'closed meanwhile'))
  return Promise.all(targets)
}

test.skipIf(process.platform !== 'linux')('leaves no file open when nobody reads to the end', async () => {
  await writeFile(path, makeBytes(3 * MEBIBYTE))
  const source = await sourceNow()
  const stream = source.open()
  await new Promise((resolve) => stream.once('data', resolve))
  stream.pause()
  expect(await openFiles()).toContain(path)
  const closed = new Promise((resolve) => stream.once('close', resolve))
  stream.destroy()
  await closed
  expect(await openFiles()).not.toContain(path)
})

test.each([
  ['nothing', () => Promise.resolve(), /cannot be read \(ENOENT\)/],
  ['a directory', () => mkdir(path), /is no file any more/],
  ['a FIFO', () => Promise.resolve(void execFileSync('mkfifo', [path])), /is no file any more/],
])('does not wait for %s', async (_what, make, message) => {
  await make()
  await expect(readAll(fileSource(path, { sizeBytes: 1, mtimeMs: 0 }).open())).rejects.toThrow(message)
})
