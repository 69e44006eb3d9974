import { execFileSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { UsageError } from '../../src/lib/errors.js'
import { nameFiles, planUploads } from '../../src/lib/experiments/scanners/plan.js'
import { walkTree } from '../../src/lib/experiments/scanners/walk-tree.js'

let directory: string

beforeEach(async () => {
  directory = await realpath(await mkdtemp(join(tmpdir(), 'bailo-exp-walk-')))
})

afterEach(async () => {
  await chmod(join(directory, 'locked'), 0o700).catch(() => undefined)
  await rm(directory, { recursive: true })
})

const at = (...names: string[]): string => join(directory, ...names)

async function write(name: string, content = 'x'): Promise<void> {
  await mkdir(join(at(name), '..'), { recursive: true })
  await writeFile(at(name), content)
}

/** Paths and reasons below the directory, as `t`. */
async function walk() {
  const { files, skipped } = await walkTree(directory, 't')
  return {
    files: files.map(({ shownPath }) => shownPath),
    skipped: skipped.map(({ shownPath, message }) => `${shownPath} ${message}`),
    reasons: skipped.map(({ reason }) => reason),
  }
}

/** Root reads everything, and Windows has no such modes. */
const canBeDenied = process.platform !== 'win32' && process.getuid?.() !== 0

describe('walking a tree', () => {
  it('lists files sorted by name, whatever the locale, with their sizes', async () => {
    for (const name of ['b', 'B', 'a/z', 'a/10', 'a/9', 'ä', '..dots', 'a..b']) await write(name, name)
    const { files } = await walkTree(directory, 't')
    expect(files.map(({ shownPath, sizeBytes }) => [shownPath, sizeBytes])).toEqual([
      ['t/..dots', 6],
      ['t/B', 1],
      ['t/a/10', 4],
      ['t/a/9', 3],
      ['t/a/z', 3],
      ['t/a..b', 4],
      ['t/b', 1],
      ['t/ä', 2],
    ])
    expect(files.find(({ shownPath }) => shownPath === 't/a/9')?.path).toBe(at('a', '9'))
  })

  it('names empty files and empty directories, and takes the rest', async () => {
    await write('full')
    await write('zero', '')
    await mkdir(at('empty'))
    expect(await walk()).toEqual({
      files: ['t/full'],
      skipped: ['t/empty is an empty directory', 't/zero is an empty file, which Bailo refuses'],
      reasons: ['empty-directory', 'empty-file'],
    })
  })

  it('follows no symbolic link, within the tree or out of it', async () => {
    const outside = await mkdtemp(join(tmpdir(), 'bailo-exp-outside-'))
    try {
      await writeFile(join(outside, 'secret'), 'x')
      await write('sub/file')
      await symlink(join(outside, 'secret'), at('1-file-outside'))
      await symlink(outside, at('2-directory-outside'))
      await symlink('sub/file', at('3-file-inside'))
      await symlink('..', at('sub', 'loop'))
      await symlink('../../../etc/hostname', at('sub', 'up'))
      await symlink('nowhere', at('4-broken'))
      // A directory beside the tree whose name begins like the tree's.
      await mkdir(`${directory}-beside`)
      await symlink(`${directory}-beside`, at('5-beside'))
      expect(await walk()).toEqual({
        files: ['t/sub/file'],
        skipped: [
          `t/1-file-outside is a symbolic link to ${outside}/secret, which is out of the tree`,
          `t/2-directory-outside is a symbolic link to ${outside}, which is out of the tree`,
          't/3-file-inside is a symbolic link to sub/file, which is in the tree anyway',
          't/4-broken is a symbolic link to nowhere, which is not there',
          `t/5-beside is a symbolic link to ${directory}-beside, which is out of the tree`,
          't/sub/loop is a symbolic link to .., which is in the tree anyway',
          expect.stringMatching(/^t\/sub\/up is a symbolic link to .*, which is (out of the tree|not there)$/),
        ],
        reasons: Array(7).fill('link'),
      })
    } finally {
      await rm(outside, { recursive: true })
      await rm(`${directory}-beside`, { recursive: true, force: true })
    }
  })

  it.skipIf(process.platform === 'win32')('names FIFOs, sockets and devices, and does not wait for them', async () => {
    await write('file')
    execFileSync('mkfifo', [at('pipe')])
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(at('socket'), resolve))
    const { files, skipped, reasons } = await walk()
    await new Promise((resolve) => server.close(resolve))
    expect({ files, skipped, reasons }).toEqual({
      files: ['t/file'],
      skipped: ['t/pipe is a FIFO', 't/socket is a socket'],
      reasons: ['special', 'special'],
    })
    expect((await walkTree('/dev/null', '/dev/null')).skipped).toMatchObject([{ message: 'is a device' }])
  })

  it.skipIf(!canBeDenied)('names what it may not read (skipped for root, who may read everything)', async () => {
    await write('file')
    await write('denied')
    await chmod(at('denied'), 0)
    await mkdir(at('locked'), { mode: 0 })
    expect(await walk()).toEqual({
      files: ['t/file'],
      skipped: ['t/denied cannot be read (EACCES)', 't/locked cannot be read (EACCES)'],
      reasons: ['unreadable', 'unreadable'],
    })
  })

  it.skipIf(process.platform !== 'linux')('names what has a name that is not UTF-8', async () => {
    await writeFile(Buffer.concat([Buffer.from(`${directory}/`), Buffer.from([0x61, 0xff])]), 'x')
    await write('file')
    expect(await walk()).toEqual({
      files: ['t/file'],
      skipped: ['t/a\uFFFD has a name that is not UTF-8'],
      reasons: ['unreadable'],
    })
  })

  it('takes any name, also one with a line break or an escape sequence', async () => {
    await write('new\nline \u001b[31m')
    expect((await walk()).files).toEqual(['t/new\nline \u001b[31m'])
  })
})

describe('naming files', () => {
  it('numbers names that an earlier file of the release has, and takes none of a later file', () => {
    const paths = [
      'a/x.bin',
      'b/x.bin',
      'c/x-2.bin',
      'd/x.bin',
      'e/.hidden',
      'f/.hidden',
      'g/n.tar.gz',
      'h/n.tar.gz',
      'i/..',
      'j/..',
    ]
    const named = nameFiles(paths.map((shownPath) => ({ path: shownPath, shownPath, sizeBytes: 1, mtimeMs: 0 })))
    expect(named.map(({ name }) => name)).toEqual([
      'x.bin',
      'x-3.bin',
      'x-2.bin',
      'x-4.bin',
      '.hidden',
      '.hidden-2',
      'n.tar.gz',
      'n.tar-2.gz',
      '..',
      '..-2',
    ])
  })
})

describe('a plan', () => {
  const plan = (paths: string[], perSubdirectory = false) => planUploads(paths, { perSubdirectory })

  it('has a release for each path, in the order in which they are named', async () => {
    await write('b/one')
    await write('b/deep/two')
    await write('a/three')
    const { releases } = await plan([at('b') + '/', at('a', 'three')])
    expect(releases.map(({ label, files }) => [label, files.map(({ name }) => name)])).toEqual([
      [at('b'), ['two', 'one']],
      [at('a', 'three'), ['three']],
    ])
  })

  it('has a release for each sub-directory, and one for the files beside them', async () => {
    for (const name of ['one/a', 'one/deep/b', 'two/a', 'beside', 'z']) await write(name)
    await mkdir(at('empty'))
    const { releases, skipped, renamed } = await plan([directory], true)
    expect(releases.map(({ label, files }) => [label, files.map(({ name }) => name)])).toEqual([
      [directory, ['beside', 'z']],
      [at('one'), ['a', 'b']],
      [at('two'), ['a']],
    ])
    expect(skipped.map(({ message }) => message)).toEqual(['is an empty directory'])
    expect(renamed).toEqual([])
  })

  it('follows a link that the user names, and calls the file like the link', async () => {
    await write('blobs/0123')
    await symlink('blobs/0123', at('weights.bin'))
    const { releases } = await plan([at('weights.bin')])
    expect(releases[0]?.files).toMatchObject([{ name: 'weights.bin', path: at('blobs', '0123') }])
  })

  it.each([
    ['nothing', [], /nope does not exist\.$/],
    ['an empty directory', ['nope/'], /nothing to upload: .*nope is an empty directory\.$/],
    ['an empty file', ['nope'], /nothing to upload: .*nope is an empty file, which Bailo refuses\.$/],
  ])('refuses a path that is %s', async (_what, [kind], message) => {
    if (kind === 'nope/') await mkdir(at('nope'))
    if (kind === 'nope') await write('nope', '')
    const failure: unknown = await plan([at('nope')]).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(UsageError)
    expect((failure as Error).message).toMatch(message)
  })

  it.skipIf(process.platform === 'win32')('refuses a path that is a device or a FIFO', async () => {
    execFileSync('mkfifo', [at('pipe')])
    await expect(plan([at('pipe')])).rejects.toThrow(/is a FIFO, and only files and directories can be uploaded/)
    await expect(plan(['/dev/null'])).rejects.toThrow(/is a device/)
  })

  it.each([
    ['the same path', ['a', './a/'], 'are the same'],
    ['a path within another', ['a', 'a/b'], 'overlap: '],
    ['a path around another', ['a/b', 'a'], 'overlap: '],
  ])('refuses %s', async (_what, names, message) => {
    await write('a/b/c')
    await expect(plan(names.map((name) => `${directory}/${name}`))).rejects.toThrow(message)
  })

  it('takes paths whose names only begin alike', async () => {
    await write('a/x')
    await write('ab/x')
    expect((await plan([at('a'), at('ab')])).releases).toHaveLength(2)
  })

  it('refuses a release of more files than Bailo takes, before anything is made', async () => {
    await mkdir(at('many'))
    for (let index = 0; index < 3900; index++) await writeFile(at('many', String(index)), 'x')
    await expect(plan([at('many')])).rejects.toThrow(
      /has 3900 files: a release of them would be a request of \d+ bytes/,
    )
  })
})
