import { spawn, spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startSandbox, type Sandbox } from '../../src/lib/sandbox/index.js'
import { readCommands } from '../../src/lib/completion/commands.js'
import { decideCompletion } from '../../src/lib/completion/decide.js'
import { splitLine } from '../../src/lib/completion/split-line.js'
import { runCli } from '../commands/cli.js'
import { createModel, environmentOf } from '../commands/failures.js'

const ROOT = path.resolve(import.meta.dirname, '../..')
const commands = readCommands(path.join(ROOT, 'oclif.manifest.json'))

function complete(line: string) {
  return decideCompletion(commands, splitLine(line).slice(1))
}

/** The words that may come next. */
function wordsFor(line: string): string[] {
  const completion = complete(line)
  if (completion.kind !== 'words') throw new Error(completion.kind)
  return completion.candidates.map(({ text }) => text)
}

describe('a line', () => {
  it.each([
    ['bailo-exp  a b', ['bailo-exp', 'a', 'b']],
    ['bailo-exp a ', ['bailo-exp', 'a', '']],
    [`x "a b" 'c "d' e\\ f`, ['x', 'a b', 'c "d', 'e f']],
    [`x "a b`, ['x', 'a b']],
    [`x --a="b c" ''`, ['x', '--a=b c', '']],
    ['', ['']],
  ])('%j is split as a shell does', (line, words) => {
    expect(splitLine(line)).toEqual(words)
  })

  it.each([
    ['bailo-exp ', ['clone-releases', 'openapi', 'runs', 'help', '--version']],
    ['bailo-exp openapi ', ['lint', 'rules', 'pull', 'diff']],
    ['bailo-exp help runs ', ['list', 'show', 'forget']],
    ['bailo-exp clone-releases --', ['--from', '--files', '--no-files', '--json', '--help']],
    ['bailo-exp clone-releases --fill ', ['noise', 'zeros']],
    ['bailo-exp clone-releases --fill=', ['--fill=noise', '--fill=zeros']],
    ['bailo-exp sandbox --demo -- ', ['clone-releases', 'doctor']],
    ['bailo-exp sandbox -- clone-releases --multipart ', ['auto', 'always', 'never']],
    ['bailo-exp completion ', ['bash', 'zsh', 'powershell']],
  ])('%j may go on with %j', (line, words) => {
    expect(wordsFor(line)).toEqual(expect.arrayContaining(words))
  })

  it.each([
    ['bailo-exp clone-releases --env-file ', 'files'],
    ['bailo-exp openapi lint --client ', 'files'],
    ['bailo-exp scanners ', 'files'],
    ['bailo-exp clone-releases --from ', 'models'],
    ['bailo-exp clone-releases --to=', 'models'],
    ['bailo-exp doctor --model ', 'models'],
    ['bailo-exp clone-releases --resume ', 'runs'],
    ['bailo-exp cleanup ', 'runs'],
  ])('%j goes on with %s', (line, kind) => {
    expect(complete(line).kind).toBe(kind)
  })

  it('does not offer what is there already, nor anything for what it does not know', () => {
    expect(wordsFor('bailo-exp clone-releases --fill noise --')).not.toContain('--fill')
    expect(wordsFor('bailo-exp sandbox --fault x --')).toContain('--fault')
    expect(wordsFor('bailo-exp clone-releases --concurrency ')).toEqual([])
    expect(wordsFor('bailo-exp clone-releases --json=')).toEqual([])
    expect(wordsFor('bailo-exp doctor -- ')).toEqual([])
  })
})

describe('ids of models', () => {
  let sandbox: Sandbox
  let directory: string

  beforeAll(async () => {
    sandbox = await startSandbox()
  })

  afterAll(() => sandbox.close())

  beforeEach(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'bailo-exp-completion-'))
  })

  afterEach(() => rm(directory, { recursive: true }))

  function ask(line: string, env: Readonly<Record<string, string>> = {}) {
    return runCli(['__complete', 'bash', line], {
      env: { ...environmentOf(sandbox), XDG_CACHE_HOME: directory, ...env },
    })
  }

  it('come from the instance, by a process that nobody waits for long, and then from what that one kept', async () => {
    const modelId = await createModel(sandbox)
    const before = sandbox.requests.length
    let answer = await ask(`bailo-exp clone-releases --from ${modelId.slice(0, 3)}`)
    for (let attempt = 0; attempt < 50 && !answer.stdout.includes(modelId); attempt++) {
      await sleep(200)
      answer = await ask(`bailo-exp clone-releases --from ${modelId.slice(0, 3)}`)
    }
    expect(answer).toMatchObject({ exitCode: 0, stderr: '' })
    expect(answer.stdout).toMatch(new RegExp(`^words\n(.*\n)*${modelId}\t`))
    expect(sandbox.requests.length - before).toBe(1)
    const [file = ''] = await readdir(path.join(directory, 'bailo-exp/cache'))
    expect(await readFile(path.join(directory, 'bailo-exp/cache', file), 'utf8')).not.toContain(sandbox.secretKey)
  })

  it('are not asked for in CI, nor where they are not wanted', async () => {
    const before = sandbox.requests.length
    expect((await ask('bailo-exp doctor --model ', { CI: 'true' })).stdout).toBe('words\n')
    expect((await ask('bailo-exp doctor --model ', { BAILO_EXP_COMPLETE_MODELS: '0' })).stdout).toBe('words\n')
    expect(await readdir(directory)).toEqual([])
    expect(sandbox.requests.length).toBe(before)
  })

  it('are left out where there is no instance, without a word on stderr', async () => {
    const answer = await runCli(['__complete', 'bash', 'bailo-exp doctor --model '])
    expect(answer).toMatchObject({ exitCode: 0, stdout: 'words\n', stderr: '' })
  })
})

/** A terminal for a shell, from util-linux; what the keys lead to shows on the screen. */
const hasTerminal = spawnSync('script', ['--version']).status === 0

describe.each([
  ['bash', ['--norc', '-i'], 'source <(bailo-exp completion bash)'],
  ['zsh', ['-f', '-i'], 'autoload -U compinit; compinit -u -D; source <(bailo-exp completion zsh)'],
])('%s', (shell, args, setUp) => {
  const isThere = hasTerminal && spawnSync(shell, ['--version']).status === 0
  let directory: string
  let screen = ''
  let child: ReturnType<typeof spawn> | undefined

  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'bailo-exp-shell-'))
    await mkdir(path.join(directory, 'bin'))
    await symlink(path.join(ROOT, 'bin/run.js'), path.join(directory, 'bin/bailo-exp'))
    await writeFile(path.join(directory, 'my settings.env'), '')
    if (!isThere) return
    child = spawn('script', ['-qfec', [shell, ...args].join(' '), '/dev/null'], {
      cwd: directory,
      env: {
        PATH: `${path.join(directory, 'bin')}:${path.dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
        HOME: directory,
        TERM: 'dumb',
      },
      stdio: ['pipe', 'pipe', 'ignore'],
      detached: true,
    })
    child.stdout?.on('data', (data: Buffer) => (screen += data.toString()))
    await press(`${setUp}; echo rea''dy\n`, /ready/)
  }, 60_000)

  afterAll(async () => {
    if (child?.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    await rm(directory, { recursive: true })
  })

  /** Types keys, and waits until the screen shows what they lead to. */
  async function press(keys: string, expected: RegExp): Promise<void> {
    screen = ''
    child?.stdin?.write(keys)
    for (let waited = 0; waited < 400 && !expected.test(screen); waited++) await sleep(50)
    expect(screen).toMatch(expected)
  }

  // Control-U empties the line.
  it.skipIf(!isThere).each([
    ['a command', 'bailo-exp clone\t', /bailo-exp clone-releases /],
    ['one below another', 'bailo-exp openapi li\t', /openapi lint /],
    ['a flag', 'bailo-exp clone-releases --save\t', /--save-dump /],
    ['a value', 'bailo-exp clone-releases --fill n\t', /--fill noise /],
    ['a value after =', 'bailo-exp clone-releases --fill=z\t', /--fill=zeros /],
    ['a file', 'bailo-exp clone-releases --env-file my\t', /--env-file my\\ settings.env /],
    ['a command of a sandbox', 'bailo-exp sandbox --demo -- doct\t', /-- doctor /],
    ['all that it may be', 'bailo-exp clone-releases --fil\t\t', /--files[^]*--fill/],
  ])(`completes %s (needs script and ${shell})`, async (_what, keys, expected) => {
    await press(`\u0015${keys}`, expected)
  })
})
