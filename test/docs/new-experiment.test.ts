import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startSandbox, type Sandbox } from '../../src/lib/sandbox/index.js'
import { setFaults } from '../support/faults.js'
import { runCli } from '../commands/cli.js'
import { environmentOf } from '../commands/failures.js'
import { callApi } from '../commands/read-instance.js'
import { findCodeBlocks, readDoc } from './read-doc.js'

const ROOT = path.resolve(import.meta.dirname, '../..')

const blocks = findCodeBlocks(await readDoc('new-experiment.md')).filter(({ language }) => language === 'ts')

/** Where the text says that the code goes. */
const nameOf = (before: string) => /`((?:src|test)\/\S+\.ts)`:$/.exec(before)?.[1] ?? ''
const files = new Map(blocks.map(({ before, text }) => [nameOf(before), text]))
const sources = [...files.keys()].filter((name) => name.startsWith('src/'))

let directory: string
let sandbox: Sandbox

/** What is built, with the code of the text beside it. */
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'bailo-exp-tutorial-'))
  for (const name of ['bin', 'dist', 'package.json']) {
    await cp(path.join(ROOT, name), path.join(directory, name), { recursive: true })
  }
  await symlink(path.join(ROOT, 'node_modules'), path.join(directory, 'node_modules'))
  for (const [name, text] of files) {
    await mkdir(path.dirname(path.join(directory, name)), { recursive: true })
    await writeFile(path.join(directory, name), text)
  }
  sandbox = await startSandbox()
})

afterAll(async () => {
  await sandbox.close()
  await rm(directory, { recursive: true })
})

/** Compiles the sources as the project does, with what they import as it was built. */
function compile(): string[] {
  const { config } = ts.readConfigFile(path.join(ROOT, 'tsconfig.json'), (name) => ts.sys.readFile(name)) as {
    config: { compilerOptions: object }
  }
  const { options } = ts.parseJsonConfigFileContent(
    { compilerOptions: config.compilerOptions, files: [] },
    ts.sys,
    ROOT,
  )
  const program = ts.createProgram(
    sources.map((name) => path.join(directory, name)),
    {
      ...options,
      noEmit: false,
      declaration: false,
      rootDir: path.join(directory, 'src'),
      outDir: path.join(directory, 'dist/src'),
      rootDirs: [path.join(directory, 'src'), path.join(directory, 'dist/src')],
      typeRoots: [path.join(ROOT, 'node_modules/@types')],
    },
  )
  const { diagnostics } = program.emit()
  return [...ts.getPreEmitDiagnostics(program), ...diagnostics].map(({ file, messageText }) => {
    return `${path.basename(file?.fileName ?? '')}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`
  })
}

async function runTutorial(args: readonly string[], env: Record<string, string> = environmentOf(sandbox)) {
  const state = { BAILO_EXP_STATE_DIR: path.join(directory, 'state') }
  return runCli(args, { cwd: directory, env: { ...env, ...state }, binary: path.join(directory, 'bin/run.js') })
}

const readVersions = async (modelId: string) => {
  const { releases } = await callApi<{ releases: { semver: string; draft: boolean }[] }>(
    sandbox,
    'GET',
    `/api/v2/model/${modelId}/releases`,
  )
  return releases.map(({ semver, draft }) => `${semver} ${draft ? 'draft' : 'published'}`).sort()
}

describe('docs/new-experiment.md', () => {
  it('has code that compiles, and that does what the text says', async () => {
    expect(sources).toEqual([
      'src/lib/experiments/many-drafts.ts',
      'src/lib/report/many-drafts-text.ts',
      'src/commands/many-drafts.ts',
    ])
    expect(compile()).toEqual([])

    const dry = await runTutorial(['many-drafts', '--count', '2', '--dry-run'])
    expect({ exitCode: dry.exitCode, stderr: dry.stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(dry.stdout).toContain('  draft 0.1.2\n')
    expect(sandbox.requests.filter(({ method }) => method !== 'GET')).toEqual([])

    await setFaults(sandbox, ['release-create x1 lost'])
    const made = await runTutorial(['many-drafts', '--count', '3', '--json'])
    expect(made.exitCode).toBe(0)
    const { target } = JSON.parse(made.stdout) as { target: { modelId: string } }
    expect(await readVersions(target.modelId)).toEqual(['0.1.1 draft', '0.1.2 draft', '0.1.3 draft'])

    const again = await runTutorial(['many-drafts', '--count', '4'])
    expect(again.stdout).toMatch(/^drafts +1 +3 +0 /m)
    expect(await readVersions(target.modelId)).toHaveLength(4)
  })

  it('has lines to try it that are those of the sandbox', async () => {
    const [shell] = findCodeBlocks(await readDoc('new-experiment.md')).filter(({ language }) => language === 'sh')
    const rules = [...(shell?.text.matchAll(/--fault '([^']+)'/g) ?? [])].map(([, rule = '']) => rule)
    expect(rules).toHaveLength(2)
    expect(await setFaults(sandbox, rules)).toHaveLength(2)
  })

  it('has a test that parses, and uses what there is', async () => {
    const text = files.get('test/commands/many-drafts.test.ts') ?? ''
    const { diagnostics } = ts.transpileModule(text, { reportDiagnostics: true })
    expect(diagnostics).toEqual([])
    const imports = [...text.matchAll(/import \{ ([^}]+) \} from '\.\/([\w-]+)\.js'/g)]
    expect(imports.length).toBeGreaterThan(1)
    for (const [, names = '', file = ''] of imports) {
      const source = await readFile(path.join(ROOT, `test/commands/${file}.ts`), 'utf8')
      for (const name of names.split(', ')) expect(source).toMatch(new RegExp(`export (async )?function ${name}\\b`))
    }
  })

  it('names files that are there', async () => {
    const named = [...(await readDoc('new-experiment.md')).matchAll(/`((?:src|test)\/[\w/.-]+\.ts)`/g)]
    for (const [, name = ''] of named.filter(([, one = '']) => !one.includes('many-drafts'))) {
      await expect(readFile(path.join(ROOT, name), 'utf8')).resolves.not.toBe('')
    }
  })
})
