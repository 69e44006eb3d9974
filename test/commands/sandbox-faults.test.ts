import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { runCli } from './cli.js'

const RUN = ['--', process.execPath, '--input-type=module', '--eval']

const PRINT_STATUSES = `
  const authorization = 'Basic ' + btoa(process.env.ACCESS_KEY + ':' + process.env.SECRET_KEY)
  const ask = (path) => fetch(process.env.URL + path, { headers: { authorization } })
  for (let asked = 0; asked < 3; asked++) console.log((await ask('/api/v2/models/search')).status)
  console.log((await (await ask('/_sandbox/requests')).json()).total)
`

describe('sandbox', () => {
  test('--fault makes requests go wrong, and says in the end how many; what --demo does is spared, and not counted', async () => {
    const rules = ['model-search x2 status=503', 'any every=1 p=0 lost']
    const flags = rules.flatMap((rule) => ['--fault', rule])
    const { stdout, stderr, exitCode } = await runCli(['sandbox', '--demo', ...flags, ...RUN, PRINT_STATUSES])
    expect({ stdout, exitCode }).toEqual({ stdout: '503\n503\n200\n3\n', exitCode: 0 })
    expect(stderr).toBe(
      'Note: model-search x2 status=503: went wrong with 2 of 3 calls\n' +
        'Note: any every=1 p=0 lost: went wrong with 0 of 1 call\n',
    )
  })

  test('--fault is got over by a clone', async () => {
    const rules = ['release-create x2 status=503', 'blob-patch x1 reset-request=100']
    const flags = rules.flatMap((rule) => ['--fault', rule])
    const { stdout, stderr, exitCode } = await runCli(['sandbox', '--demo', ...flags, '--', 'clone-releases'])
    expect(stdout).toContain('Identical to the source by comparison: 9 releases')
    for (const rule of rules) expect(stderr).toContain(`Note: ${rule}: went wrong with`)
    expect(exitCode).toBe(0)
  })

  test('a command that it ends before says that there is nothing left to go on with, and leaves no record', async () => {
    const directory = await mkdtemp(path.join(tmpdir(), 'bailo-exp-gone-'))
    try {
      const env = { XDG_STATE_HOME: directory }
      const fault = ['--fault', 'release-create after=3 status=400']
      const args = ['sandbox', '--demo', ...fault, '--', 'clone-releases', '--quiet']
      const { stderr, exitCode } = await runCli(args, { env })
      expect(exitCode).toBe(4)
      expect(stderr).toMatch(/Note: The sandbox has ended, .* nothing left to go on with\.\n$/)
      expect((await runCli(['runs', 'list'], { env })).stdout).toBe('There are no runs.\n')
    } finally {
      await rm(directory, { recursive: true })
    }
  })

  test('with --data-dir a command that it ends before goes on in the next one, as it says', async () => {
    const directory = await mkdtemp(path.join(tmpdir(), 'bailo-exp-kept-'))
    try {
      const options = { cwd: directory, env: { XDG_STATE_HOME: path.join(directory, 'state') } }
      const kept = ['sandbox', '--data-dir', 'kept sandbox']
      const fault = ['--fault', 'release-create after=3 status=400']
      const begun = await runCli([...kept, '--demo', ...fault, '--', 'clone-releases', '--quiet'], options)
      expect(begun.exitCode).toBe(4)
      const [, runId = ''] = /^ {2}Try: bailo-exp clone-releases --resume (\w+)$/m.exec(begun.stderr) ?? []
      expect(begun.stderr).toMatch(/needs "bailo-exp sandbox --data-dir 'kept sandbox' --" in front of it\.\n$/)

      const resumed = await runCli([...kept, '--', 'clone-releases', '--resume', runId], options)

      expect(resumed).toMatchObject({ exitCode: 0, stderr: '' })
      expect(resumed.stdout).toContain('Identical to the source by comparison: 9 releases')
      const again = await runCli([...kept, '--', 'clone-releases', '--resume', runId], options)
      expect(again.stdout).toMatch(/^images +0 +4 +- +0\nlayers +0 +9 +- +0$/m)
      const settings = await readFile(path.join(directory, 'kept sandbox/sandbox.env'), 'utf8')
      expect(settings).toMatch(/^CLONE_RELEASES_DESTINATION_MODEL_ID=clone-of-releases-/m)
    } finally {
      await rm(directory, { recursive: true })
    }
  })

  test.each([
    ['--fault', 'relase-create x3 status=503', '"relase-create", which is neither', 'release-create'],
    ['--fault', 'release-create x3', 'does not say what goes wrong', 'for example: release-create x3 status=503'],
    ['--token-cost', '165', '"165" is not what checking a token may cost', '165ms'],
    ['--token-cost', '0s', '"0s" is not what checking a token may cost', '165ms'],
  ])('%s %j is wrong usage', async (flag, value, reason, advice) => {
    const { stdout, stderr, exitCode } = await runCli(['sandbox', flag, value, ...RUN, '0'])
    expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 2 })
    expect(stderr).toContain(reason)
    expect(stderr).toContain(advice)
  })

  test('a wrong rule is one document with --json', async () => {
    const { stdout, exitCode } = await runCli(['sandbox', '--json', '--fault', 'any frobnicate'])
    expect(exitCode).toBe(2)
    expect(JSON.parse(stdout)).toMatchObject({ error: { name: 'UsageError', exitCode: 2 } })
  })

  test('--cores needs --token-cost', async () => {
    const { stderr, exitCode } = await runCli(['sandbox', '--cores', '2', ...RUN, '0'])
    expect(exitCode).toBe(2)
    expect(stderr).toContain('--token-cost')
  })

  test.each([
    [['--cores', '1'], 400],
    [[], 200],
    [['--cores', '4'], 100],
  ])('--token-cost 100ms %j lets 4 requests take so many milliseconds', async (cores, leastMs) => {
    const script = `
      const authorization = 'Basic ' + btoa(process.env.ACCESS_KEY + ':' + process.env.SECRET_KEY)
      const ask = () => fetch(process.env.URL + '/api/v2/system/status', { headers: { authorization } })
      const startMs = performance.now()
      await Promise.all([ask(), ask(), ask(), ask()])
      console.log(performance.now() - startMs)
    `
    const { stdout, exitCode } = await runCli(['sandbox', '--token-cost', '100ms', ...cores, ...RUN, script])
    expect(exitCode).toBe(0)
    expect(Number(stdout)).toBeGreaterThan(leastMs - 5)
  })
})
