import { chmod, mkdtemp, readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readEnvFile, setEnvFileKey } from '../../src/lib/config/env-file.js'
import { UsageError } from '../../src/lib/errors.js'

let directory: string
let file: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'env-file-test-'))
  file = join(directory, '.local.env')
})

afterEach(() => rm(directory, { recursive: true }))

/** What the file holds after a key was set in a file with this text. */
async function setIn(text: string | Buffer, key: string, value: string): Promise<string> {
  await writeFile(file, text)
  await setEnvFileKey(file, key, value)
  return readFile(file, 'utf8')
}

async function valueIn(key: string): Promise<string | undefined> {
  return (await readEnvFile(file, { mayBeAbsent: false })).get(key)
}

describe('reading', () => {
  it('takes what dotenv files have: quotes, comments, export, a byte order mark', async () => {
    await writeFile(file, '\uFEFFURL=http://localhost:8080\n# comment\nexport A="x # y"\nB = z # w\n\nEMPTY=\n')
    expect([...(await readEnvFile(file, { mayBeAbsent: false }))]).toEqual([
      ['URL', 'http://localhost:8080'],
      ['A', 'x # y'],
      ['B', 'z'],
      ['EMPTY', ''],
    ])
  })

  it('is empty for an absent file that may be absent', async () => {
    expect((await readEnvFile(file, { mayBeAbsent: true })).size).toBe(0)
  })

  it.each([
    ['an absent file that must be there', () => join(directory, 'absent'), false],
    ['a directory, also where the file may be absent', () => directory, true],
  ])('refuses %s', async (_case, path, mayBeAbsent) => {
    const reading = readEnvFile(path(), { mayBeAbsent })
    await expect(reading).rejects.toThrow(UsageError)
    await expect(reading).rejects.toThrow(path())
  })

  it('is not changed by keys that are names of object properties', async () => {
    await writeFile(file, '__proto__=polluted\nconstructor=x\nURL=http://a\n')
    const values = await readEnvFile(file, { mayBeAbsent: false })
    expect(values.get('URL')).toBe('http://a')
    expect(values.get('constructor')).toBe('x')
    expect(values.get('toString')).toBeUndefined()
    expect(({} as Record<string, unknown>)['URL']).toBeUndefined()
  })
})

describe('writing', () => {
  it('replaces the value of a key and leaves the other lines as they are', async () => {
    const before =
      '# first\nURL=http://localhost:8080\n\n  MODEL_ID=old-abc123\nOTHER="a b"   # why\n#MODEL_ID=commented\n'
    expect(await setIn(before, 'MODEL_ID', 'new-def456')).toBe(before.replace('old-abc123', 'new-def456'))
  })

  it.each([
    ['a comment behind a value', 'MODEL_ID=old # made by hand\n', 'MODEL_ID=new-1 # made by hand\n'],
    [
      'a comment behind nothing',
      'MODEL_ID=   # filled in by the first run\n',
      'MODEL_ID=new-1   # filled in by the first run\n',
    ],
    ['a comment behind quotes that hold one', 'MODEL_ID="a # b" # c\n', 'MODEL_ID=new-1 # c\n'],
    ['export', 'export  MODEL_ID=old\n', 'export  MODEL_ID=new-1\n'],
    ['indentation', '\t MODEL_ID = old\n', '\t MODEL_ID=new-1\n'],
    ['single quotes', "MODEL_ID='old'\n", 'MODEL_ID=new-1\n'],
    ['a colon', 'MODEL_ID: old\n', 'MODEL_ID=new-1\n'],
    ['a missing last newline', 'A=1\nMODEL_ID=old', 'A=1\nMODEL_ID=new-1'],
    ['a byte order mark', '\uFEFFMODEL_ID=old\nA=1\n', '\uFEFFMODEL_ID=new-1\nA=1\n'],
    ['CRLF', 'A=1\r\nMODEL_ID=old\r\nB=2\r\n', 'A=1\r\nMODEL_ID=new-1\r\nB=2\r\n'],
    [
      'a longer key of the same beginning',
      'MODEL_ID_2=x\nMY_MODEL_ID=y\nMODEL_ID=z\n',
      'MODEL_ID_2=x\nMY_MODEL_ID=y\nMODEL_ID=new-1\n',
    ],
    ['no other key', 'MODEL_ID=old\n', 'MODEL_ID=new-1\n'],
  ])('keeps %s', async (_case, before, after) => {
    expect(await setIn(before, 'MODEL_ID', 'new-1')).toBe(after)
    expect(await valueIn('MODEL_ID')).toBe('new-1')
  })

  it('changes the line that counts when a key is there twice', async () => {
    expect(await setIn('MODEL_ID=\nA=1\nMODEL_ID=\n', 'MODEL_ID', 'new-1')).toBe('MODEL_ID=\nA=1\nMODEL_ID=new-1\n')
    expect(await valueIn('MODEL_ID')).toBe('new-1')
  })

  it.each([
    ['', 'MODEL_ID=new-1\n'],
    ['A=1\n', 'A=1\nMODEL_ID=new-1\n'],
    ['A=1', 'A=1\nMODEL_ID=new-1\n'],
    ['A=1\r\nB=2', 'A=1\r\nB=2\r\nMODEL_ID=new-1\r\n'],
    ['# MODEL_ID=commented out\n', '# MODEL_ID=commented out\nMODEL_ID=new-1\n'],
  ])('appends to %j', async (before, after) => {
    expect(await setIn(before, 'MODEL_ID', 'new-1')).toBe(after)
  })

  it('leaves bytes that are not UTF-8 as they are', async () => {
    const latin1 = Buffer.from('# für Größe\nMODEL_ID=old\n', 'latin1')
    await setIn(latin1, 'MODEL_ID', 'new')
    expect(await readFile(file)).toEqual(Buffer.from('# für Größe\nMODEL_ID=new\n', 'latin1'))
  })

  it('creates the file for its owner only', async () => {
    await setEnvFileKey(file, 'MODEL_ID', 'new-1')
    expect(await readFile(file, 'utf8')).toBe('MODEL_ID=new-1\n')
    expect((await stat(file)).mode & 0o777).toBe(0o600)
  })

  it.each([0o600, 0o640, 0o664])('keeps the mode %o', async (mode) => {
    await writeFile(file, 'A=1\n')
    await chmod(file, mode)
    await setEnvFileKey(file, 'MODEL_ID', 'new-1')
    expect((await stat(file)).mode & 0o777).toBe(mode)
  })

  it('replaces the file behind a symbolic link and leaves the link', async () => {
    const real = join(directory, 'real.env')
    await writeFile(real, 'A=1\n')
    await symlink('real.env', file)
    await setEnvFileKey(file, 'MODEL_ID', 'new-1')
    expect(await readlink(file)).toBe('real.env')
    expect(await readFile(real, 'utf8')).toBe('A=1\nMODEL_ID=new-1\n')
  })

  it('puts a new file in the place of the old one and leaves nothing else behind', async () => {
    await writeFile(file, 'A=1\n')
    const before = (await stat(file)).ino
    await setEnvFileKey(file, 'MODEL_ID', 'new-1')
    expect((await stat(file)).ino).not.toBe(before)
    expect(await readdir(directory)).toEqual(['.local.env'])
  })

  it('leaves all as it was when there can be no new file beside the old one', async () => {
    // The longest name that there can be.
    const long = join(directory, 'x'.repeat(255))
    await writeFile(long, 'A=1\n')
    await expect(setEnvFileKey(long, 'MODEL_ID', 'new-1')).rejects.toThrow(/cannot be written: ENAMETOOLONG/)
    expect(await readFile(long, 'utf8')).toBe('A=1\n')
    expect(await readdir(directory)).toEqual(['x'.repeat(255)])
  })

  it('refuses to write to a directory', async () => {
    await expect(setEnvFileKey(directory, 'MODEL_ID', 'new-1')).rejects.toThrow(UsageError)
  })

  it('refuses to write into a directory that is not there', async () => {
    const writing = setEnvFileKey(join(directory, 'absent', '.env'), 'MODEL_ID', 'new-1')
    await expect(writing).rejects.toThrow(/cannot be written: ENOENT/)
  })

  it.each(['a b', 'a\nURL=http://evil', 'a#b', '"a"', '', "a'", '$HOME'])('refuses the value %j', async (value) => {
    await writeFile(file, 'A=1\n')
    await expect(setEnvFileKey(file, 'MODEL_ID', value)).rejects.toThrow(UsageError)
    expect(await readFile(file, 'utf8')).toBe('A=1\n')
  })
})
