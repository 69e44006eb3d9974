import { readdir, readFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Config } from '@oclif/core'
import { describe, expect, it } from 'vitest'
import { runCli } from '../commands/cli.js'

/** What a process has loaded besides Node's own modules. */
interface Loaded {
  readonly stdout: string
  /** Names of packages. */
  readonly packages: readonly string[]
  /** Files of this project, below its root. */
  readonly files: readonly string[]
}

const ROOT = path.resolve(import.meta.dirname, '../..')

/** Asks V8 itself, which lists every script of a process for its coverage, however it was loaded. */
async function runAndListModules(...args: string[]): Promise<Loaded> {
  const directory = await mkdtemp(path.join(tmpdir(), 'bailo-exp-start-'))
  try {
    const { stdout, exitCode } = await runCli(args, { env: { NODE_V8_COVERAGE: directory } })
    expect(exitCode).toBe(0)
    const reports = await Promise.all(
      (await readdir(directory)).map(async (name) => readFile(path.join(directory, name), 'utf8')),
    )
    const scripts = reports.flatMap((text) => (JSON.parse(text) as { result: { url: string }[] }).result)
    const packages = new Set<string>()
    const files = new Set<string>()
    for (const { url } of scripts.filter((script) => script.url.startsWith('file:'))) {
      const file = path.relative(ROOT, new URL(url).pathname)
      const name = /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1]
      if (name === undefined) files.add(file)
      else packages.add(name)
    }
    return { stdout, packages: [...packages].sort(), files: [...files].sort() }
  } finally {
    await rm(directory, { recursive: true })
  }
}

const START = [
  'bin/run.js',
  'dist/src/lib/cli/describe-error.js',
  'dist/src/lib/cli/main.js',
  'dist/src/lib/cli/refusal.js',
  'dist/src/lib/errors.js',
  'dist/src/lib/http/errors.js',
  'dist/src/lib/http/server-text.js',
  'dist/src/lib/report/stderr.js',
  'dist/src/lib/report/text.js',
  'dist/src/lib/report/workflow-command.js',
]

describe.concurrent('of the modules there are', () => {
  it('--version loads what prints errors, and no more', async () => {
    const { packages, files } = await runAndListModules('--version')
    expect({ packages, files }).toEqual({ packages: ['chalk'], files: START })
  })

  it('--help loads one file more', async () => {
    const { packages, files } = await runAndListModules('--help')
    expect({ packages, files }).toEqual({
      packages: ['chalk'],
      files: [...START, 'dist/src/lib/cli/root-help.js'].sort(),
    })
  })

  it('a command that asks no server loads no client, and only the sandbox loads a server', async () => {
    const { packages } = await runAndListModules('runs', 'list')
    expect(packages).toContain('@oclif/core')
    for (const heavy of ['undici', 'ajv', 'yaml', 'fastify', 'openapi-fetch']) expect(packages).not.toContain(heavy)
  })
})

describe.concurrent('the short way', () => {
  it('prints for --version what oclif prints', async () => {
    const { userAgent } = await Config.load(ROOT)
    expect((await runCli(['--version'])).stdout).toBe(`${userAgent}\n`)
  })

  it.each(['60', '80', '132'])('prints for --help what oclif prints, %s columns wide', async (columns) => {
    const env = { OCLIF_COLUMNS: columns }
    const [short, long] = await Promise.all([runCli(['--help'], { env }), runCli(['help'], { env })])
    expect(short).toEqual(long)
    expect(short.exitCode).toBe(0)
  })
})
