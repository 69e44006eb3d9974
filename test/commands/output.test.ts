import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeError } from '../../src/lib/cli/describe-error.js'
import { ExitCode } from '../../src/lib/errors.js'
import { startSandbox, type Sandbox } from '../../src/lib/sandbox/index.js'
import { runCli } from './cli.js'
import { createModel, createRelease, environmentOf, expectNoKeys, readError, runFailing } from './failures.js'

const ROOT = path.resolve(import.meta.dirname, '../..')
const BINARY = path.join(ROOT, 'bin/run.js')
const COMMANDS = readdirSync(path.join(ROOT, 'src/commands'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.replace(/\.ts$/, '').replaceAll(path.sep, ' '))
/** What the list of all commands has: for commands of a topic, the topic. */
const LISTED = new Set(COMMANDS.map((command) => command.replace(/ .*/, '')))
const DONE = { exitCode: 0, stderr: '' }

describe.concurrent('help', () => {
  it.each(COMMANDS)('for %s is on stdout, with an example', async (command) => {
    const flag = await runCli([...command.split(' '), '--help'])
    expect(flag).toMatchObject(DONE)
    expect(flag.stdout).toMatch(/^USAGE\n {2}\$ bailo-exp /m)
    expect(flag.stdout).toMatch(new RegExp(`^EXAMPLES\\n {2}\\$ bailo-exp ${command}(?: |$)`, 'm'))
    expect(flag.stdout).not.toMatch(/default: *\]|undefined|\[object/)
  })

  it.each(['clone-releases', 'openapi lint'])('for %s is the same by the command help', async (command) => {
    const [flag, help] = await Promise.all([
      runCli([...command.split(' '), '--help']),
      runCli(['help', ...command.split(' ')]),
    ])
    expect(help).toEqual(flag)
  })

  it('without a command lists all of them', async () => {
    const help = await runCli(['--help'])
    expect(help).toMatchObject(DONE)
    for (const command of LISTED) expect(help.stdout).toMatch(new RegExp(`^ {2}${command} `, 'm'))
    expect(await runCli([])).toEqual(help)
  })

  it('has topics that are no commands, and fits 80 columns', async () => {
    const [codes, environment, root] = await Promise.all([
      runCli(['help', 'exit-codes']),
      runCli(['help', 'environment']),
      runCli(['help']),
    ])
    for (const code of Object.values(ExitCode)) expect(codes.stdout).toMatch(new RegExp(`^ +${code} +[a-z]`, 'm'))
    // What the sources read from the environment by name.
    const sources = readdirSync(path.join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.includes('sandbox'))
      .map((file) => readFileSync(path.join(ROOT, 'src', file), 'utf8'))
      .join('\n')
    for (const [, name] of sources.matchAll(/(?:process\.env\[|env: )'(BAILO_EXP_\w+)'/g)) {
      expect(environment.stdout).toContain(name)
    }
    for (const { stdout } of [codes, environment, root]) {
      expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([])
    }
    expect(root.stdout).toMatch(/^ {2}help exit-codes /m)
  })

  it('for an experiment has the exit codes of the README', async () => {
    const { stdout } = await runCli(['clone-releases', '--help'])
    const readme = readFileSync(path.join(ROOT, 'README.md'), 'utf8')
    for (const code of Object.values(ExitCode)) {
      expect(stdout.replace(/\s+/g, ' ')).toMatch(new RegExp(`[:;] ${code} [a-z]`))
      expect(readme).toMatch(new RegExp(`^\\| +${code} \\| [a-z]`, 'm'))
    }
  })
})

describe.concurrent('the version', () => {
  it('is that of the package', async () => {
    const { version } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { version: string }
    const result = await runCli(['--version'])
    expect(result).toMatchObject(DONE)
    expect(result.stdout).toContain(`bailo-exp/${version} `)
  })
})

describe.concurrent('an unknown command', () => {
  it('is refused with 2, with and without --json', async () => {
    const expected = { exitCode: 2, signal: null, stdout: '' }
    const plain = await runCli(['clone-release'])
    expect(plain).toMatchObject(expected)
    expect(plain.stderr).toMatch(
      /^Error: There is no command "clone-release"\.\n {2}Try: bailo-exp clone-releases\n {2}Try: bailo-exp help/,
    )
    const json = await runCli(['clone-release', '--json'])
    expect(json).toMatchObject({ exitCode: 2, stderr: plain.stderr })
    expect(readError(json)).toMatchObject({ exitCode: 2 })
  })
})

describe.concurrent('what is mistyped', () => {
  it.each([
    [['opnapi', 'lint'], 'There is no command "opnapi".', 'bailo-exp openapi lint'],
    [['openapi', 'lnt'], 'There is no command "openapi lnt".', 'bailo-exp openapi lint'],
    [['help', 'docter'], 'There is no command "docter".', 'bailo-exp doctor'],
    [['doctor', 'now'], 'Unexpected argument: now', 'bailo-exp doctor --help, which lists the flags that there are'],
    [
      ['openapi', 'lint', 'client.py', '--quiet'],
      'Unexpected argument: client.py',
      'bailo-exp openapi lint --help, which lists the flags that there are',
    ],
    [['clone-releases', '--fil', 'noise'], 'Nonexistent flag: --fil', '--fill'],
    [['doctor', '--jsn'], 'Nonexistent flag: --jsn', '--json'],
  ])('%j is told what may have been meant', async (args, says, hint) => {
    const { exitCode, stdout, stderr } = await runCli(args)
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
    expect(stderr).toContain(`Error: ${says}\n  Try: ${hint}\n`)
  })
})

describe.concurrent('in a job of GitHub Actions', () => {
  const env = { GITHUB_ACTIONS: 'true' }

  it('an error is an annotation, and says as much on stdout with --json', async () => {
    const args = ['doctor', '--colour', '50%']
    const [plain, json] = await Promise.all([runCli(args, { env }), runCli([...args, '--json'], { env })])
    expect(plain).toMatchObject({ exitCode: 2, stdout: '' })
    expect(plain.stderr).toMatch(/^::error title=bailo-exp::Nonexistent flag: --colour\n {2}Try: .+\n$/)
    expect(readError(json)).toMatchObject({ message: 'Nonexistent flag: --colour' })
    const unknown = await runCli(['50%\n::set-output'], { env })
    expect(unknown.stderr).toMatch(/^::error title=bailo-exp::There is no command "50%25\\n::set-output"\.\n {2}Try: /)
  })

  it('a note is one as well', async () => {
    const fault = ['--fault', 'model-search x1 status=500']
    const { stderr } = await runCli(['sandbox', ...fault, '--', 'true'], { env })
    expect(stderr).toBe('::notice title=bailo-exp::model-search x1 status=500: went wrong with 0 of 0 calls\n')
  })
})

describe.concurrent('a result', () => {
  let sandbox: Sandbox
  let source: string
  let env: Readonly<Record<string, string>>

  beforeAll(async () => {
    sandbox = await startSandbox()
    source = await createModel(sandbox)
    await createRelease(sandbox, source, '1.0.0')
    env = environmentOf(sandbox)
  })

  afterAll(() => sandbox.close())

  it('is all there is when all is done', async () => {
    const args = ['clone-releases', '--quiet', '--from', source, '--to', await createModel(sandbox)]
    const plain = await runCli(args, { env })
    expect(plain).toMatchObject(DONE)
    expect(plain.stdout).toContain('Identical to the source')
    const json = await runCli([...args, '--json'], { env })
    expect(json).toMatchObject(DONE)
    expect(JSON.parse(json.stdout)).toMatchObject({ experiment: 'clone-releases', planned: { skippedReleases: 1 } })
  })

  it('that is not as asked for has the same exit code and the same words on stderr with --json', async () => {
    const to = await createModel(sandbox)
    await createRelease(sandbox, to, '1.0.0')
    const dump = path.join(import.meta.dirname, 'fixtures/one-file.json')
    const args = ['clone-releases', '--from-file', dump, '--to', to]
    const expected = { exitCode: 1, says: ['Nothing was made', to, 'release 1.0.0', 'lacks the file "a.bin"'] }
    const plain = await runFailing(args, expected, { env })
    const json = await runFailing([...args, '--json'], expected, { env })
    expect(json.stderr).toBe(plain.stderr)
    expect(plain.stdout).toContain('This cannot be copied exactly')
    expect(JSON.parse(json.stdout)).toMatchObject({ problems: [{ code: 'existing-release-differs' }] })
  })

  it('holds no keys, whatever is logged', async () => {
    const args = ['clone-releases', '--quiet', '--from', source, '--to', await createModel(sandbox)]
    const loud = { ...env, DEBUG: '*', NODE_DEBUG: '*' }
    const done = await runCli(args, { env: loud })
    expect(done.exitCode).toBe(0)
    expectNoKeys(done, env)
    // A log was written, or there would be nothing to look for.
    expect(done.stderr).toContain('oclif')

    const wrong = { ...loud, SECRET_KEY: 'BSK_wrong-key-that-must-not-show' }
    const refused = await runCli([...args, '--json'], { env: wrong })
    expect(refused.exitCode).toBe(3)
    expectNoKeys(refused, wrong)
  })

  it('whose reader has gone is no failure', async () => {
    const args = ['clone-releases', '--quiet', '--from', source, '--to', await createModel(sandbox)]
    for (const more of [[], ['--json'], ['--help']]) {
      const result = await runCli([...args, ...more], { env, onStart: ({ stdout }) => stdout.destroy() })
      expect(result).toEqual({ exitCode: 0, signal: null, stdout: '', stderr: '' })
    }
  })

  it('is made although nobody reads the news on stderr', async () => {
    const args = ['clone-releases', '--from', 'nothing-ab12cd', '--json']
    const result = await runCli(args, { env, onStart: ({ stderr }) => stderr.destroy() })
    expect(readError(result)).toMatchObject({ exitCode: 2 })
    expect(result.exitCode).toBe(2)
  })

  it.runIf(process.platform === 'linux')('that cannot be written is a failure', async () => {
    const command = `"${process.execPath}" "${BINARY}" clone-releases --help > /dev/full`
    await runFailing(['sandbox', '--', 'sh', '-c', command], { exitCode: 4, says: ['stdout', 'no space left'] })
  })
})

describe.concurrent('a defect', () => {
  const broken = (script: string) => ['--import', `data:text/javascript,${encodeURIComponent(script)}`]
  const says = ['A defect of bailo-exp: broken on purpose', 'report it', 'DEBUG=1']

  it('ends with 5 and asks for a report', async () => {
    const nodeArgs = broken('URL.canParse = () => { throw new TypeError("broken on purpose") }')
    const env = { URL: 'http://127.0.0.1:1' }
    const plain = await runFailing(['clone-releases'], { exitCode: 5, says }, { env, nodeArgs })
    expect(plain.stdout).toBe('')
    const json = await runFailing(['clone-releases', '--json'], { exitCode: 5, says }, { env, nodeArgs })
    expect(readError(json)).toMatchObject({ name: 'InternalError', exitCode: 5 })
  })

  it('outside of all that waits for it does too', async () => {
    const script = `process.stdout.write = () => { setImmediate(() => { throw new TypeError("broken on purpose") }) }`
    await runFailing(['clone-releases', '--help'], { exitCode: 5, says }, { nodeArgs: broken(script) })
  })

  it('shows where it is only with DEBUG set', () => {
    expect(describeError(new TypeError('x')).details).toEqual([])
  })
})
