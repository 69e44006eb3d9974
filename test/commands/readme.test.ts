import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readContents } from './failures.js'
import type { Instance } from './read-instance.js'
import { findBlocks, findOptionRows, stripComment } from './readme-blocks.js'
import { ReadmeStage, ROOT, type LineResult } from './readme-stage.js'
import { expectExitCode, STEPS } from './readme-steps.js'

const README = await readFile(path.join(ROOT, 'README.md'), 'utf8')

/** Lines that are run by another test or job: its file, and what shows it there. */
const ELSEWHERE: Readonly<Record<string, { readonly file: string; readonly shownBy: string }>> = {
  'npm run demo': { file: '.ci/run', shownBy: '\nnpm run demo\n' },
  // From the archive of this version, not from a registry.
  'npm install bailo-exp': { file: 'test/library/install.test.ts', shownBy: `await run('npm', ['install', ` },
  'source <(bailo-exp completion bash)': {
    file: 'test/completion/completion.test.ts',
    shownBy: `'source <(bailo-exp completion bash)'`,
  },
}

/** Blocks that are no commands, by how they begin; each has a test below, or is used by all of them. */
const DOTENV = 'URL=https://bailo.example.com'
const OUTPUT = 'Clone of '
const EXAMPLE = 'import { connect, '
const NO_COMMANDS = [DOTENV, OUTPUT, EXAMPLE]

/** What the README has in place of something of one's own, and what it is here. */
const PLACEHOLDERS: Readonly<Record<string, (folder: string) => string>> = {
  'my-model-ab12cd': (folder) => (folder === 'mirroring' ? stage.mirroredId : stage.home.sourceId),
  'my-copy-ef34gh': () => stage.home.copyId,
  '--count 100000': () => '--count 8',
  '--import URL': () => `--import ${stage.home.instance.url}`,
  '--import-model MODEL_ID': () => `--import-model ${stage.home.sourceId}`,
}

/** Flags of the tables that are not to be added as they stand there. */
const LEFT_OUT: Readonly<Record<string, string>> = { '--to': 'the row says not to add it' }

/** What a copy is made up of, when it is of all that the demo's model has. */
const ALL = { releases: 9, files: 8, images: 4 }

/** What it is made up of with flags of clone-releases that leave something out. */
const EXTENTS: Readonly<Record<string, typeof ALL>> = {
  '--dry-run': { releases: 0, files: 0, images: 0 },
  '--semver ">=2.0.0 <3"': { releases: 2, files: 5, images: 1 },
  '--no-files': { ...ALL, files: 0 },
  '--no-images': { ...ALL, images: 0 },
}

/** How a sandbox ends on Ctrl-C. */
const ENDED = { exitCode: 0, stderr: '' }

/** What the README itself has a sandbox run. */
const LIST_MODELS = `sh -c 'curl -su "$ACCESS_KEY:$SECRET_KEY" "$URL/api/v2/models/search"'`

const blocks = findBlocks(README)
const lines = listCommands(README).filter((line) => !(line in ELSEWHERE) && isKnown(line))
const optionRows = findOptionRows(README)

let stage: ReadmeStage
/** What was said by lines that are given their keys. */
const results: LineResult[] = []

beforeAll(async () => {
  stage = await ReadmeStage.open({ dotenv: findBlock(DOTENV), output: findBlock(OUTPUT) })
})

afterAll(() => stage.close())

function listCommands(markdown: string): string[] {
  return findBlocks(markdown)
    .filter(([first = '']) => !NO_COMMANDS.some((start) => first.startsWith(start)))
    .flatMap((block) => block.map(stripComment))
    .filter((line) => line !== '')
}

function isKnown(line: string): boolean {
  return line.startsWith('bailo-exp ') || line in STEPS || line in ELSEWHERE
}

/** The lines that nothing here is known of: neither how they are run nor where else. */
function findUntried(markdown: string): string[] {
  return listCommands(markdown).filter((line) => !isKnown(line))
}

function findBlock(start: string): string {
  return blocks.find(([first]) => first?.startsWith(start))?.join('\n') ?? ''
}

function fillIn(line: string, folder: string): string {
  const replace = (filled: string, [placeholder, real]: [string, (folder: string) => string]) =>
    filled.includes(placeholder) ? filled.replaceAll(placeholder, real(folder)) : filled
  return Object.entries(PLACEHOLDERS).reduce(replace, line)
}

/** Runs a line; one of a sandbox without a command is ended by Ctrl-C, unless others use the dotenv file that it writes. */
async function runLine(line: string, folder: string): Promise<LineResult> {
  const runsUntilCtrlC = /^bailo-exp sandbox(?!.* -- )/.test(line)
  if (!runsUntilCtrlC) {
    const result = await stage.run(line, folder)
    results.push(result)
    return result
  }
  const server = await stage.serve(line, folder)
  const end = line.includes('--write-env') ? ENDED : await server.interrupt()
  return { line, stdout: server.stdout, ...end }
}

async function countContents(instance: Instance, modelId: string): Promise<typeof ALL> {
  if (modelId === '') return { releases: 0, files: 0, images: 0 }
  const { releases, files, images } = await readContents(instance, modelId)
  const tags = (images as { tags: unknown[] }[]).flatMap((image) => image.tags)
  return { releases: releases.length, files: files.length, images: tags.length }
}

describe('README.md', () => {
  it('has no block that is not known here, and this knows of none that it has not', () => {
    expect(README).not.toMatch(/^ *(```|~~~)/m)
    expect(findUntried(README)).toEqual([])
    const commands = listCommands(README)
    for (const line of [...Object.keys(STEPS), ...Object.keys(ELSEWHERE)]) expect(commands).toContain(line)
    for (const start of NO_COMMANDS) expect(findBlock(start)).not.toBe('')
    for (const placeholder of Object.keys(PLACEHOLDERS)) expect(README).toContain(placeholder)
  })

  it('would not get a command that nothing tries', () => {
    expect(findUntried(`${README}\n    npm run other  # new\n    bailo-exp doctor\n`)).toEqual(['npm run other'])
  })

  it.each(Object.entries(ELSEWHERE))('has a line that is run elsewhere: %s', async (_line, { file, shownBy }) => {
    expect(await readFile(path.join(ROOT, file), 'utf8')).toContain(shownBy)
  })

  it('has the example that is run where the package is installed', async () => {
    const [example, installing] = await Promise.all(
      ['examples/upload-1tb.mjs', 'test/library/install.test.ts'].map((file) =>
        readFile(path.join(ROOT, file), 'utf8'),
      ),
    )
    expect(example?.replace(/^(\/\/.*\n)+/, '')).toBe(`${findBlock(EXAMPLE)}\n`)
    expect(installing).toContain('examples/upload-1tb.mjs')
  })

  // One after the other, as somebody does who goes through it from top to bottom.
  it.each(lines)('has a line that works: %s', async (line) => {
    const { folder = 'work', before, exitCode = 0, after } = STEPS[line] ?? {}
    const filled = fillIn(line, folder)
    await before?.(stage, filled)
    const result = await runLine(filled, folder)
    expectExitCode(result, exitCode)
    expect(result.stdout).not.toBe('')
    await after?.(stage, result.stdout)
  })

  it('tries every experiment', () => {
    const commands = lines.map((line) => /^bailo-exp (?:sandbox .*-- )?(\S+)/.exec(line)?.[1])
    expect(commands).toEqual(
      expect.arrayContaining([
        'clone-releases',
        'concurrent-file-uploads',
        'doctor',
        'long-names',
        'many-models-with-tags',
        'many-releases-with-existing-images',
        'many-releases-with-files',
        'mirror-check',
        'mirror-export',
        'model-card-revisions',
        'push-image',
        'scanners',
        'several-releases-with-files',
      ]),
    )
  })

  it('says what to add to two commands, with flags in each row', () => {
    expect(new Set(optionRows.map(({ command }) => command))).toEqual(new Set(['clone-releases', 'sandbox']))
    expect(README.match(/^\| You want .*| Add .*\|$/gm)).toHaveLength(2)
    expect(optionRows.filter(({ flags }) => flags.length === 0)).toEqual([])
    const all = optionRows.flatMap(({ flags }) => flags)
    for (const flags of [...Object.keys(LEFT_OUT), ...Object.keys(EXTENTS)]) expect(all).toContain(flags)
  })

  it.each(optionRows.filter(({ command }) => command === 'clone-releases'))(
    'has flags of clone-releases for somebody who wants $want',
    async ({ want, flags }) => {
      const [{ instance, sourceId }, other] = [stage.home, stage.pair.copy.sandbox]
      for (const added of flags) {
        for (const name of ['.local.env', 'live.env']) await stage.writeSettings(`${want}/${name}`, instance)
        await stage.writeSettings(`${want}/test.env`, other)
        const from = added.startsWith('--from-file') ? '' : `--from ${sourceId}`
        const result = await runLine(`bailo-exp clone-releases ${from} ${added in LEFT_OUT ? '' : added}`, want)
        expectExitCode(result, 0)
        const [holder, settings] = added.includes('--to-env-file') ? [other, 'test.env'] : [instance, '.local.env']
        const contents = await countContents(holder, await stage.readDestination(`${want}/${settings}`))
        expect({ added, ...contents }).toEqual({ added, ...(EXTENTS[added] ?? ALL) })
      }
    },
  )

  it.each(optionRows.filter(({ command }) => command === 'sandbox'))(
    'has flags of sandbox for somebody who wants $want',
    async ({ want, flags }) => {
      await stage.writeSettings(`${want}/.local.env`, stage.home.instance)
      await stage.writeSettings(`${want}/copy.env`, stage.pair.copy.sandbox)
      for (const added of flags) {
        const result = await runLine(fillIn(`bailo-exp sandbox ${added} -- ${LIST_MODELS}`, want), want)
        expectExitCode(result, 0)
        const { models } = JSON.parse(result.stdout) as { models: { id: string }[] }
        expect(models.map(({ id }) => id)).toEqual(added.startsWith('--import ') ? [stage.home.sourceId] : [])
      }
    },
  )

  it('has a sandbox that is still there, and ends with 0 on Ctrl-C', async () => {
    const ends = await stage.interruptServers()
    expect(new Set(ends.map((end) => JSON.stringify(end)))).toEqual(new Set([JSON.stringify(ENDED)]))
  })

  it('leaves keys in dotenv files only, and nothing that is temporary', async () => {
    for (const owner of [stage.home.instance, stage.pair.source.sandbox, stage.pair.copy.sandbox]) {
      await stage.findKeys(owner, results)
    }
    // npm keeps a cache of its own there, where Node.js has one.
    const left = (await readdir(path.join(stage.directory, 'tmp'))).filter((name) => name !== 'node-compile-cache')
    expect(left).toEqual([])
  })
})
