import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCli } from './cli.js'

const ROOT = path.resolve(import.meta.dirname, '../..')

/** The command lines of README.md that bring an instance of their own, as they stand there. */
const lines = (await readFile(path.join(ROOT, 'README.md'), 'utf8'))
  .split('\n')
  .flatMap((line) => /^ {4}bailo-exp (?<args>sandbox .*-- [^#]*[^# ])/.exec(line)?.groups?.['args'] ?? [])

/** Splits as a shell does, for what the README has: words, and texts in one kind of quotes. */
function toWords(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, bare]) => single ?? double ?? bare ?? '',
  )
}

let directory: string

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'bailo-exp-readme-'))
  for (const name of ['models/first/weights.bin', 'models/second/weights.bin', 'models/second/notes.txt']) {
    await mkdir(path.dirname(path.join(directory, name)), { recursive: true })
    await writeFile(path.join(directory, name), name)
  }
})

afterAll(() => rm(directory, { recursive: true }))

describe('README.md', () => {
  it('tries every experiment', () => {
    const commands = lines.map((line) => toWords(line.slice(line.indexOf(' -- ') + 4))[0])
    expect(commands).toEqual(
      expect.arrayContaining([
        'clone-releases',
        'concurrent-file-uploads',
        'doctor',
        'long-names',
        'many-models-with-tags',
        'many-releases-with-existing-images',
        'many-releases-with-files',
        'model-card-revisions',
        'push-image',
        'scanners',
        'several-releases-with-files',
      ]),
    )
  })

  it.each(lines)('has a command line that works: bailo-exp %s', async (line) => {
    const { exitCode, stdout, stderr } = await runCli(toWords(line), { cwd: directory })
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 })
    expect(stdout).not.toBe('')
  })
})
