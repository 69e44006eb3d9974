import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

/** From top to bottom. A file imports from its own folder and from layers below it, not from folders beside it. */
const LAYERS = [
  ['commands', 'index'],
  ['lib/cli', 'lib/library'],
  ['lib/lint', 'lib/completion'],
  ['lib/report'],
  ['lib/experiments', 'lib/demo', 'lib/import-model', 'lib/doctor'],
  ['lib/run', 'lib/api', 'lib/registry'],
  ['lib/content', 'lib/http'],
  ['lib/config'],
  ['lib/files'],
  ['lib/errors'],
]

/** Shares no code with the clients that are tried on it, is started in one place, and filled from real instances in another. */
const SANDBOX = 'lib/sandbox'
const SANDBOX_MAY_IMPORT = ['lib/content', 'lib/files', 'lib/errors']
const SANDBOX_IS_IMPORTED_BY = ['lib/cli', 'lib/import-model']

/** Looks at clients and specifications, and knows no experiment. */
const LINT = 'lib/lint'
const LINT_MAY_IMPORT = ['lib/report', 'lib/content', 'lib/http', 'lib/config', 'lib/files', 'lib/errors']

/** Packages that are used in one place, so that for instance there is only one way to the network. */
const HOMES: Readonly<Record<string, readonly string[]>> = {
  '@oclif/core': ['commands', 'lib/cli'],
  undici: ['lib/http', SANDBOX],
  'openapi-fetch': ['lib/api'],
  fastify: [SANDBOX],
  'node:http': [SANDBOX],
  'node:https': [],
  'node:net': [SANDBOX],
  'cli-progress': ['lib/report'],
  dotenv: ['lib/config'],
  // Its own entry loads WebAssembly code and a second zlib.
  'hdr-histogram-js': [],
}

interface Import {
  readonly from: string
  /** A file of the project, or the name of a package. */
  readonly to: string
}

const ROOT = path.resolve(import.meta.dirname, '..')
const imports = listFiles().flatMap((from) => readImports(from, readFileSync(path.join(ROOT, from), 'utf8')))

function listFiles(): string[] {
  const entries = readdirSync(path.join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
  return entries.filter((entry) => entry.endsWith('.ts')).map((entry) => `src/${entry.replaceAll(path.sep, '/')}`)
}

/** All that a file imports or exports again, also types and at run time. */
function readImports(from: string, text: string): Import[] {
  return ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => {
    if (!fileName.startsWith('.')) return { from, to: fileName }
    return { from, to: path.posix.join(path.posix.dirname(from), fileName).replace(/\.js$/, '.ts') }
  })
}

/** The folder that a layer is made of: `lib/http` for `src/lib/http/retry.ts`; `index` for the library's entry; undefined outside of src. */
function folderOf(file: string): string | undefined {
  return /^src\/(commands|index|lib\/[^/.]+)/.exec(file)?.[1]
}

function layerOf(folder: string): number {
  return LAYERS.findIndex((layer) => layer.includes(folder))
}

/** Why an import within the project is against the rules; undefined when it is not. */
function explainViolation({ from, to }: Import): string | undefined {
  const [folder, target] = [folderOf(from), folderOf(to)]
  if (folder === undefined) return 'the file is in no layer'
  if (target === undefined) return to.startsWith('openapi/') ? undefined : 'it leads out of src'
  if (target === folder) return undefined
  if (folder === SANDBOX) return SANDBOX_MAY_IMPORT.includes(target) ? undefined : 'the sandbox stands alone'
  if (target === SANDBOX) return SANDBOX_IS_IMPORTED_BY.includes(folder) ? undefined : 'the sandbox stands alone'
  if (folder === LINT && !LINT_MAY_IMPORT.includes(target))
    return 'the lint needs no experiment and no client of its own'
  if (layerOf(folder) < 0 || layerOf(target) < 0) return 'the folder is in no layer'
  return layerOf(target) > layerOf(folder) ? undefined : 'it does not point downwards'
}

function isWithinProject({ to }: Import): boolean {
  return to.includes('/') && to.endsWith('.ts')
}

/** The files of one circle of imports; empty when there is none. */
function findCycle(edges: readonly Import[]): string[] {
  const targets = new Map<string, string[]>()
  for (const { from, to } of edges) targets.set(from, [...(targets.get(from) ?? []), to])
  const done = new Set<string>()
  const visit = (file: string, trail: readonly string[]): string[] => {
    if (trail.includes(file)) return [...trail.slice(trail.indexOf(file)), file]
    if (done.has(file)) return []
    for (const target of targets.get(file) ?? []) {
      const cycle = visit(target, [...trail, file])
      if (cycle.length > 0) return cycle
    }
    done.add(file)
    return []
  }
  for (const file of targets.keys()) {
    const cycle = visit(file, [])
    if (cycle.length > 0) return cycle
  }
  return []
}

describe('imports', () => {
  it('point downwards', () => {
    const violations = imports.filter(isWithinProject).flatMap((one) => {
      const reason = explainViolation(one)
      return reason === undefined ? [] : [`${one.from} imports ${one.to}: ${reason}`]
    })
    expect(violations).toEqual([])
  })

  it('never form a circle', () => {
    expect(findCycle(imports.filter(isWithinProject))).toEqual([])
  })

  it('lead to files that exist', () => {
    const known = new Set([...listFiles(), 'openapi/bailo-v2.ts'])
    expect(imports.filter((one) => isWithinProject(one) && !known.has(one.to))).toEqual([])
  })

  it('name each package only where it has its home', () => {
    const strays = imports.filter(({ from, to }) => !(HOMES[to] ?? [folderOf(from)]).includes(folderOf(from) ?? ''))
    expect(strays).toEqual([])
  })

  it('of the library lead to no command line, no terminal and no sandbox', () => {
    const reached = new Set<string>(['src/index.ts'])
    for (const file of reached) for (const { from, to } of imports) if (from === file) reached.add(to)
    expect(reached).toContain('src/lib/http/connection.ts')
    const unwanted = /^src\/(commands|lib\/(cli|report|sandbox))\/|^@oclif|^(fastify|chalk|cli-progress|yaml)$/
    expect([...reached].filter((name) => unwanted.test(name))).toEqual([])
  })

  it('of commands need no network, no hashing and no files', () => {
    const packages = imports.filter((one) => folderOf(one.from) === 'commands' && !isWithinProject(one))
    expect(new Set(packages.map(({ to }) => to))).toEqual(new Set(['@oclif/core']))
  })
})

describe('the rules', () => {
  it('see every kind of import', () => {
    const text = [
      `import { a } from './a.js'`,
      `import type { B } from './b.js'`,
      `export { c } from './c.js'`,
      `export type { D } from './d.js'`,
      `const e = await import('./e.js')`,
      `let f: import('./f.js').F`,
      `import './g.js'`,
    ].join('\n')
    const files = [...'abcdefg'].map((name) => `src/lib/api/${name}.ts`)
    expect(readImports('src/lib/api/x.ts', text).map(({ to }) => to)).toEqual(files)
    expect(imports.filter(isWithinProject).length).toBeGreaterThan(listFiles().length)
  })

  it.each([
    ['src/lib/http/retry.ts', 'src/lib/api/client.ts', 'it does not point downwards'],
    ['src/lib/api/client.ts', 'src/lib/registry/client.ts', 'it does not point downwards'],
    ['src/lib/sandbox/index.ts', 'src/lib/http/connection.ts', 'the sandbox stands alone'],
    ['src/lib/experiments/context.ts', 'src/lib/sandbox/index.ts', 'the sandbox stands alone'],
    ['src/commands/sandbox.ts', 'src/lib/sandbox/index.ts', 'the sandbox stands alone'],
    ['src/lib/lint/lint.ts', 'src/lib/experiments/context.ts', 'the lint needs no experiment and no client of its own'],
    ['src/lib/lint/lint.ts', 'src/lib/http/connection.ts', undefined],
    ['src/lib/run/run.ts', 'test/commands/cli.ts', 'it leads out of src'],
    ['src/lib/brand-new/x.ts', 'src/lib/errors.ts', 'the folder is in no layer'],
    ['src/commands/sandbox.ts', 'src/lib/errors.ts', undefined],
    ['src/lib/api/client.ts', 'openapi/bailo-v2.ts', undefined],
  ])('judge that %s imports %s', (from, to, reason) => {
    expect(explainViolation({ from, to })).toBe(reason)
  })

  it('find a circle', () => {
    const edges = ['a b', 'b c', 'c d', 'd b']
      .map((edge) => edge.split(' '))
      .map(([from = '', to = '']) => ({ from, to }))
    expect(findCycle(edges)).toEqual(['b', 'c', 'd', 'b'])
  })
})
