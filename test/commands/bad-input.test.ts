import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connect } from '../../src/lib/api/instance.js'
import { Credentials } from '../../src/lib/config/credentials.js'
import { createDemoModel } from '../../src/lib/demo/demo-model.js'
import { startSandbox, type Sandbox } from '../../src/lib/sandbox/index.js'
import { runCli, type CliOptions } from './cli.js'
import {
  createModel,
  createRelease,
  createToken,
  environmentOf,
  listModels,
  NOTHING,
  readContents,
  readError,
  runFailing,
  type Environment,
} from './failures.js'

let sandbox: Sandbox
/** A model with releases, files and images. */
let source: string

beforeAll(async () => {
  sandbox = await startSandbox()
  const { url, accessKey, secretKey } = sandbox
  const credentials = new Credentials(url, accessKey, secretKey)
  const instance = connect({ origin: url, credentials }, { userAgent: 'test' })
  source = await createDemoModel(instance)
  await instance.connection.close()
})

afterAll(() => sandbox.close())

async function writeEnvFile(file: string, values: Environment): Promise<void> {
  const lines = Object.entries(values).map(([key, value]) => `${key}=${value}\n`)
  await writeFile(file, lines.join(''))
}

/** Runs clone-releases, which must fail with nothing but an error. */
async function refuse(
  args: readonly string[],
  exitCode: number,
  says: readonly (string | RegExp)[],
  options: CliOptions = {},
): Promise<void> {
  const result = await runFailing(['clone-releases', '--quiet', '--json', ...args], { exitCode, says }, options)
  const error = readError(result)
  expect(error.exitCode).toBe(exitCode)
  expect(result.stderr).toContain(`Error: ${error.message}\n`)
}

describe.concurrent('a wrong command line', () => {
  const nowhere: Environment = { URL: 'http://127.0.0.1:1' }
  const cases: [args: string[], says: string[]][] = [
    [['--bogus'], ['--bogus', 'Try: bailo-exp clone-releases --help']],
    [['--from'], ['--from']],
    [
      ['--from', ''],
      ['--from is empty', 'variable'],
    ],
    [
      ['--from', 'a', '--shard', '1/4', '--run-key', ''],
      ['--run-key is empty', 'variable'],
    ],
    [
      ['--from', 'a', '--from-file', 'b.json'],
      ['--from-file', '--from'],
    ],
    [['--concurrency', '0'], ['--concurrency: "0" is neither a number from 1 to 256 nor auto']],
    [['--concurrency', '-1'], ['--concurrency: "-1" is neither']],
    [['--concurrency', 'many'], ['--concurrency: "many" is neither']],
    [
      ['--fill', 'stars'],
      ['--fill', 'noise, zeros'],
    ],
    [[], ['nothing to clone from', '--from', '--from-file', 'CLONE_RELEASES_SOURCE_MODEL_ID']],
    [
      ['--url', 'localhost:8080'],
      ['localhost:8080', 'http'],
    ],
    [
      ['--url', 'ftp://example.com'],
      ['ftp://example.com', 'http'],
    ],
    [
      ['--url', 'http://example.com/bailo'],
      ['without a path', 'use http://example.com'],
    ],
    [
      ['--url', 'http://127.0.0.1:1', '--from-env-file', 'a.env', '--to-env-file', 'b.env'],
      ['--url', 'neither end'],
    ],
    [
      ['--from-env-file', 'absent.env'],
      ['absent.env cannot be read: it does not exist', 'file with --from-env-file'],
    ],
    [['--to-env-file', 'absent.env'], ['file with --to-env-file']],
  ]

  it.each(cases)('%j is refused with 2', async (args, says) => {
    await refuse(args, 2, says, { env: nowhere })
  })

  it('without --json says the same on stderr, and nothing on stdout', async () => {
    const expected = { exitCode: 2, says: ['--bogus'] }
    expect(await runFailing(['clone-releases', '--bogus'], expected)).toMatchObject({
      stdout: '',
      stderr: (await runFailing(['clone-releases', '--bogus', '--json'], expected)).stderr,
    })
  })
})

describe.concurrent('wrong settings', () => {
  it('without an address say where to set it', async () => {
    await refuse(['--from', source], 2, ['not set', 'URL', '.local.env', '--url', 'bailo-exp sandbox'])
  })

  it('with a password in the address do not show it', async () => {
    const url = 'http://someone:hunter2@127.0.0.1:1'
    const says = ['must not contain a user name or password', 'ACCESS_KEY']
    const result = await runFailing(['clone-releases', '--url', url], { exitCode: 2, says })
    expect(result.stderr).not.toContain('hunter2')
  })

  it.each([
    ['ACCESS_KEY', 'SECRET_KEY'],
    ['SECRET_KEY', 'ACCESS_KEY'],
  ])('with %s only name the other', async (present, absent) => {
    await refuse(['--from', source], 2, [absent], { env: { URL: sandbox.url, [present]: 'value-of-the-key' } })
  })

  // Node itself looks for --env-file on the whole command line and refuses a file that it cannot read; the dashes, which
  // only a test or a wrapper gives, keep it from that.
  it.each([
    ['absent', 'no-such.env'],
    ['a directory', tmpdir()],
  ])('in an --env-file that is %s name it', async (_what, file) => {
    await refuse(['--env-file', file], 2, [file, 'cannot be read'], { nodeArgs: ['--'] })
    await refuse([], 2, [file, 'cannot be read'], { env: { BAILO_EXP_ENV_FILE: file } })
  })
})

describe.concurrent('wrong keys', () => {
  it.each([
    ['an unknown access key', { ACCESS_KEY: 'BAC_UNKNOWN1' }],
    ['a wrong secret key', { SECRET_KEY: 'BSK_not-the-one-of-this-token' }],
  ])('with %s are refused with 3', async (_what, wrong) => {
    const [to, env] = [await createModel(sandbox), { ...environmentOf(sandbox), ...wrong }]
    await refuse(['--from', source, '--to', to], 3, ['401', 'ACCESS_KEY and SECRET_KEY'], { env })
    expect(await readContents(sandbox, to)).toEqual(NOTHING)
  })
})

describe.concurrent('a token without the rights', () => {
  const writes = ['model:write', 'release:write', 'file:write', 'image:write']

  it.each([
    ['that may only read', writes, 'file:write'],
    ['without file:write', ['file:write'], 'file:write'],
    ['without image:write', ['image:write'], 'image:write'],
    ['without release:write', ['release:write'], 'release:write'],
  ])('%s stops the run with 3, and the result names what was made', async (_what, without, missing) => {
    const [to, env] = [await createModel(sandbox), await createToken(sandbox, { without })]
    const args = ['clone-releases', '--quiet', '--from', source, '--to', to, '--json']
    const says = [/answered 403/, `missing the required action: ${missing}`, 'use a token']
    const { stdout } = await runFailing(args, { exitCode: 3, says }, { env })

    const result = JSON.parse(stdout) as {
      destination: { modelId: string }
      run: { steps: { kind: string; done: number }[]; failed: { message: string }[] }
    }
    expect(result.destination.modelId).toBe(to)
    expect(result.run.failed[0]?.message).toContain(missing)
    const made = Object.fromEntries(result.run.steps.map(({ kind, done }) => [kind, done]))
    const contents = await readContents(sandbox, to)
    expect(contents.releases).toEqual([])
    // What was under way when the run stopped may be there as well.
    expect(contents.files.length).toBeGreaterThanOrEqual(made['file'] ?? 0)
    if (without.includes('file:write')) expect(contents.files).toEqual([])
    if (without.includes('image:write')) expect(contents.images).toEqual([])
  })

  it('leaves nothing that a run with a better one does not use', async () => {
    const [to, env] = [await createModel(sandbox), await createToken(sandbox, { without: ['release:write'] })]
    const args = ['clone-releases', '--quiet', '--from', source, '--to', to]
    await runFailing(args, { exitCode: 3, says: ['release:write'] }, { env })
    expect(await runCli(args, { env: environmentOf(sandbox) })).toMatchObject({ exitCode: 0, stderr: '' })
    const [original, copy] = [await readContents(sandbox, source), await readContents(sandbox, to)]
    expect(copy.files.toSorted()).toEqual(original.files.toSorted())
  })

  it('for another model is refused with 3 before anything is made', async () => {
    const [to, env] = [await createModel(sandbox), await createToken(sandbox, { modelIds: [source] })]
    await refuse(['--from', source, '--to', to], 3, ['403', 'may not be used for this model', to], { env })
    expect(await readContents(sandbox, to)).toEqual(NOTHING)
  })

  it('to see releases does not pass an empty copy off as a good one', async () => {
    const [to, env] = [await createModel(sandbox), await createToken(sandbox, { without: ['release:read'] })]
    await refuse(['--from', source, '--to', to], 2, [source, 'no releases', 'release:read'], { env })
  })

  it('is no matter when the destination has a token of its own on the same instance', async () => {
    // The reverse of the above: reading keys for the source must not be used for the destination.
    const [to, reading] = [await createModel(sandbox), await createToken(sandbox, { without: writes })]
    const directory = await mkdtemp(path.join(tmpdir(), 'bailo-exp-keys-'))
    try {
      await writeEnvFile(path.join(directory, 'reading.env'), reading)
      await writeEnvFile(path.join(directory, 'writing.env'), environmentOf(sandbox))
      const args = ['--from', source, '--to', to, '--from-env-file', 'reading.env', '--to-env-file', 'writing.env']
      const { exitCode, stderr } = await runCli(['clone-releases', '--quiet', '--no-images', ...args], {
        cwd: directory,
      })
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    } finally {
      await rm(directory, { recursive: true })
    }
  })
})

describe.concurrent('a model that does not do', () => {
  it('as a source that does not exist is refused with 2', async () => {
    await refuse(['--from', 'nothing-ab12cd'], 2, ['404', 'nothing-ab12cd', 'check the id'], {
      env: environmentOf(sandbox),
    })
  })

  it('as a source without such a version is refused with 2, and the versions that it has are named', async () => {
    await refuse(['--from', source, '--semver', '>=9'], 2, ['">=9"', 'that there are, 0.1.0-alpha.1 to 2.1.0\n'], {
      env: environmentOf(sandbox),
    })
  })

  it('as a destination that does not exist is refused with 2', async () => {
    const args = ['--from', source, '--to', 'nothing-ab12cd']
    await refuse(args, 2, ['404', 'nothing-ab12cd', 'check the id'], { env: environmentOf(sandbox) })
  })

  it('as both ends is refused with 2', async () => {
    const says = ['Source and destination are the same model', source, sandbox.url, '--to']
    await refuse(['--from', source, '--to', source], 2, says, { env: environmentOf(sandbox) })
  })

  it('as a source is a data card, which has no images', async () => {
    const card = await createModel(sandbox, 'data-card')
    const [to, env] = [await createModel(sandbox), environmentOf(sandbox)]
    await refuse(['--from', card, '--to', to], 2, [card, 'data card', 'no images', '--no-images'], { env })
  })

  it.each([
    ['data-card', 'data card'],
    ['mirrored-model', 'mirrored-model'],
  ])('as a destination is a %s', async (kind, name) => {
    const to = await createModel(sandbox, kind)
    await refuse(['--from', source, '--to', to], 2, [to, name, '--to'], { env: environmentOf(sandbox) })
    expect(await readContents(sandbox, to)).toEqual(NOTHING)
  })

  it.each([
    ['is none', 'newest', ['"newest"', '--semver']],
    ['has nothing in it', '>=99', ['">=99"', 'None of', '--semver']],
  ])('has a range of versions that %s', async (_what, range, says) => {
    const to = await createModel(sandbox)
    await refuse(['--from', source, '--to', to, '--semver', range], 2, says, { env: environmentOf(sandbox) })
    expect(await readContents(sandbox, to)).toEqual(NOTHING)
  })
})

describe('a destination that is still to be made', () => {
  let empty: Sandbox
  let directory: string

  beforeAll(async () => {
    empty = await startSandbox()
    directory = await mkdtemp(path.join(tmpdir(), 'bailo-exp-new-'))
  })

  afterAll(async () => {
    await empty.close()
    await rm(directory, { recursive: true })
  })

  it('is not made by a token without model:write', async () => {
    const from = await createModel(empty)
    await createRelease(empty, from, '1.0.0')
    const env = await createToken(empty, { without: ['model:write'] })
    await refuse(['--from', from], 3, ['403', 'missing the required action: model:write'], { env, cwd: directory })
    expect(await listModels(empty)).toEqual([from])
    expect(await readdir(directory)).toEqual([])
  })

  it.runIf(process.platform === 'linux')('is named when its id cannot be written to the dotenv file', async () => {
    const from = await createModel(empty)
    await createRelease(empty, from, '1.0.0')
    const before = await listModels(empty)
    // A file that can be read, beside which nobody can write.
    const env = { ...environmentOf(empty), BAILO_EXP_ENV_FILE: '/proc/version' }
    const says = ['/proc/version', 'CLONE_RELEASES_DESTINATION_MODEL_ID', 'was created']
    const { stderr } = await runFailing(['clone-releases', '--from', from], { exitCode: 2, says }, { env })
    const made = (await listModels(empty)).filter((id) => !before.includes(id))
    expect(made).toHaveLength(1)
    expect(stderr).toContain(made[0])
  })
})
