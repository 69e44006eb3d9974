import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadSettings, type Settings } from '../../src/lib/config/settings.js'
import { ExitCode, UsageError } from '../../src/lib/errors.js'
import { failureOf } from '../support/client.js'

let directory: string
let envFile: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'settings-test-'))
  envFile = join(directory, 'bailo.env')
})

afterEach(() => rm(directory, { recursive: true }))

async function load(file: string, environment: Record<string, string> = {}, url?: string): Promise<Settings> {
  await writeFile(envFile, file)
  return loadSettings({ envFile, environment, url })
}

function headerOf({ origin, credentials }: Settings): string | undefined {
  const header = credentials?.authorizationFor(new URL(origin))
  return header && Buffer.from(header.replace('Basic ', ''), 'base64').toString()
}

const KEYS = 'ACCESS_KEY=file-access\nSECRET_KEY=file-secret\n'

describe('precedence', () => {
  it('takes the file where nothing else is set', async () => {
    const settings = await load(`URL=http://file:1\n${KEYS}MODEL_ID=from-file\n`)
    expect(settings.origin).toBe('http://file:1')
    expect(headerOf(settings)).toBe('file-access:file-secret')
    expect(settings.lookUp('MODEL_ID')).toBe('from-file')
    expect(settings.lookUp('OTHER_ID')).toBeUndefined()
  })

  it('takes the environment before the file', async () => {
    const settings = await load(`URL=http://file:1\n${KEYS}MODEL_ID=from-file\n`, {
      URL: 'http://environment:2',
      ACCESS_KEY: 'env-access',
      SECRET_KEY: 'env-secret',
      MODEL_ID: 'from-env',
    })
    expect(settings.origin).toBe('http://environment:2')
    expect(headerOf(settings)).toBe('env-access:env-secret')
    expect(settings.lookUp('MODEL_ID')).toBe('from-env')
  })

  it('takes the flag before the environment', async () => {
    const settings = await load('URL=http://file:1\n', { URL: 'http://environment:2' }, 'http://flag:3')
    expect(settings.origin).toBe('http://flag:3')
  })

  it('takes empty variables for unset ones', async () => {
    const settings = await load(`URL=http://file:1\n${KEYS}MODEL_ID=\n`, { URL: '', ACCESS_KEY: '' })
    expect(settings.origin).toBe('http://file:1')
    expect(headerOf(settings)).toBe('file-access:file-secret')
    expect(settings.lookUp('MODEL_ID')).toBeUndefined()
  })
})

describe('keys', () => {
  const BAILO = { BAILO_ACCESS_KEY: 'bailo-access', BAILO_SECRET_KEY: 'bailo-secret' }

  it.each([
    ['in the file', 'URL=http://a\nBAILO_ACCESS_KEY=bailo-access\nBAILO_SECRET_KEY=bailo-secret\n', {}],
    ['in the environment', 'URL=http://a\n', BAILO],
    ['in the environment, before keys in the file under the shorter names', `URL=http://a\n${KEYS}`, BAILO],
  ])("are found under the names of Bailo's Python client %s", async (_case, file, environment) => {
    expect(headerOf(await load(file, environment))).toBe('bailo-access:bailo-secret')
  })

  it('prefer the shorter names of the same source', async () => {
    const settings = await load('URL=http://a\n', { ...BAILO, ACCESS_KEY: 'short-access', SECRET_KEY: 'short-secret' })
    expect(headerOf(settings)).toBe('short-access:short-secret')
  })

  it('may be absent', async () => {
    expect((await load('URL=http://a\n')).credentials).toBeUndefined()
  })

  it.each([
    ['ACCESS_KEY', 'SECRET_KEY'],
    ['SECRET_KEY', 'ACCESS_KEY'],
  ])('refuse %s without %s', async (set, missing) => {
    const error = await failureOf(load(`URL=http://a\n${set}=only-this-value\n`))
    expect(error).toBeInstanceOf(UsageError)
    expect((error as UsageError).message).toBe(`${set} is set but ${missing} is not.`)
    expect(inspect(error)).not.toContain('only-this-value')
  })

  it('do not show in printed settings', async () => {
    const settings = await load(`URL=http://a\n${KEYS}`)
    expect(inspect(settings, { depth: Infinity, showHidden: true })).not.toMatch(/file-access|file-secret/)
    expect(JSON.stringify(settings)).not.toMatch(/file-access|file-secret/)
  })
})

describe('the address', () => {
  it.each([
    ['http://localhost:8080', 'http://localhost:8080'],
    ['http://localhost:8080/', 'http://localhost:8080'],
    ['HTTPS://Bailo.Example.com:443', 'https://bailo.example.com'],
    [' http://[::1]:8080 ', 'http://[::1]:8080'],
  ])('%j is %s', async (text, origin) => {
    expect((await load('', {}, text)).origin).toBe(origin)
  })

  it.each([
    ['http://localhost:8080/api/v2', /origin only/],
    ['http://localhost:8080/?a=1', /origin only/],
    ['http://localhost:8080/#a', /origin only/],
    ['http://user:hunter2@localhost:8080', /must not contain a user name or password/],
    ['ftp://localhost', /not an http or https URL/],
    ['localhost:8080', /not an http or https URL/],
    ['not a url', /not an http or https URL/],
    ['', /not an http or https URL/],
  ])('%j is refused', async (text, message) => {
    const error = await failureOf(load('', {}, text))
    expect(error).toMatchObject({ name: 'UsageError', exitCode: ExitCode.Usage })
    expect((error as UsageError).message).toMatch(message)
    expect((error as UsageError).tryNext).not.toEqual([])
  })

  it.each([
    'http://user:hunter2@localhost:8080',
    'user:hunter2@localhost',
    'http://user:hun/hunter2@localhost:8080',
    'ftp://user:a@hunter2@localhost',
    'http://user:hunter2@local host',
  ])('does not repeat the password in %j', async (text) => {
    const error = (await failureOf(load('', {}, text))) as UsageError
    expect(error).toBeInstanceOf(UsageError)
    expect([error.message, ...error.tryNext].join()).not.toContain('hunter2')
  })

  it('must be set', async () => {
    const error = (await failureOf(load('MODEL_ID=x\n'))) as UsageError
    expect(error.message).toBe('The address of the Bailo instance is not set.')
    expect(error.tryNext.join()).toContain(envFile)
  })
})

describe('the file', () => {
  it('must be there when it is named', async () => {
    const loading = loadSettings({ envFile, url: 'http://a', environment: {} })
    await expect(loading).rejects.toThrow(UsageError)
    await expect(loading).rejects.toThrow(envFile)
  })

  it('may be absent when it is the default one', async () => {
    const cwd = process.cwd()
    process.chdir(directory)
    try {
      const settings = await loadSettings({ url: 'http://a', environment: {} })
      expect(settings).toMatchObject({ envFile: '.local.env', credentials: undefined })
    } finally {
      process.chdir(cwd)
    }
  })

  it('takes what is written back', async () => {
    const settings = await load('# mine\nURL=http://a\n')
    await settings.writeBack('MODEL_ID', 'new-1')
    expect(await readFile(envFile, 'utf8')).toBe('# mine\nURL=http://a\nMODEL_ID=new-1\n')
    expect((await loadSettings({ envFile, environment: {} })).lookUp('MODEL_ID')).toBe('new-1')
  })

  it('take back a value that the file has, and no other one', async () => {
    const file = '# mine\nURL=http://a\nMODEL_ID="new-1" # made by a run\nOTHER=new-1\n'
    const settings = await load(file, { MODEL_ID: 'other' })
    expect(await settings.takeBack('MODEL_ID', 'other')).toBe(false)
    expect(await settings.takeBack('ABSENT', 'new-1')).toBe(false)
    expect(await readFile(envFile, 'utf8')).toBe(file)
    expect(await settings.takeBack('MODEL_ID', 'new-1')).toBe(true)
    expect(await readFile(envFile, 'utf8')).toBe(file.replace('"new-1" #', ' #'))
    expect((await loadSettings({ envFile, environment: {} })).lookUp('MODEL_ID')).toBeUndefined()
  })
})
