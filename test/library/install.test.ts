import { execFile, execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const ROOT = path.resolve(import.meta.dirname, '../..')
const run = promisify(execFile)

let directory: string
let tarball: string
let environment: NodeJS.ProcessEnv

/** Packs and installs as a user does: away from the repository, in a path with blanks, without what development needs. */
beforeAll(async () => {
  directory = path.join(mkdtempSync(path.join(tmpdir(), 'bailo-exp-install-')), 'a path with blanks')
  mkdirSync(directory)
  execFileSync('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', directory], { cwd: ROOT })
  tarball = readdirSync(directory).find((name) => name.endsWith('.tgz')) ?? ''
  writeFileSync(path.join(directory, 'package.json'), JSON.stringify({ name: 'user', type: 'module', private: true }))
  const { PATH, HOME } = process.env
  await run('npm', ['install', '--omit=dev', '--prefer-offline', '--no-audit', '--no-fund', `./${tarball}`], {
    cwd: directory,
    env: { PATH, HOME },
  })
  const home = path.join(directory, 'home')
  mkdirSync(home)
  environment = {
    PATH: `${path.join(directory, 'node_modules/.bin')}:${path.dirname(process.execPath)}:${PATH ?? ''}`,
    HOME: home,
  }
}, 180_000)

afterAll(() => rm(path.dirname(directory), { recursive: true, force: true }))

function bailoExp(...args: string[]): Promise<{ stdout: string; stderr: string }> {
  return run('bailo-exp', args, { cwd: directory, env: environment, timeout: 50_000 })
}

describe('the package from its archive', () => {
  it('holds only what is needed, in less than 1 MB', () => {
    expect(readFileSync(path.join(directory, tarball)).length).toBeLessThan(1_000_000)
    const files = execFileSync('tar', ['-tzf', tarball], { cwd: directory }).toString().trim().split('\n')
    const kept =
      /^package\/(bin\/run\.js|dist\/|examples\/|openapi\/bailo-v2\.yaml|oclif\.manifest\.json|package\.json|README\.md|LICENSE|CHANGELOG\.md)/
    expect(files.filter((file) => !kept.test(file) || /\.test\.|\.map$|tsbuildinfo/.test(file))).toEqual([])
  })

  it('runs no scripts when it is installed, and brings nothing of development', () => {
    const manifest = JSON.parse(readFileSync(path.join(directory, 'node_modules/bailo-exp/package.json'), 'utf8')) as {
      scripts: Record<string, string>
    }
    expect(Object.keys(manifest.scripts).filter((name) => /install|^prepare$/.test(name))).toEqual([])
    expect(readdirSync(path.join(directory, 'node_modules'))).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/^(typescript|vitest|oclif|eslint)$/)]),
    )
  })

  it('clones releases in a sandbox', async () => {
    const { stdout } = await bailoExp('sandbox', '--demo', '--', 'clone-releases', '--quiet')
    expect(stdout).toContain('Identical to the source by comparison')
  })

  it('completes', async () => {
    expect((await bailoExp('completion', 'bash')).stdout).toContain('complete -F _bailo-exp bailo-exp')
    expect((await bailoExp('__complete', 'bash', 'bailo-exp clone-rel')).stdout).toMatch(/^words\nclone-releases\t/)
  })

  it('is a library: its example uploads a file', async () => {
    const example = path.join(directory, 'node_modules/bailo-exp/examples/upload-1tb.mjs')
    const { stdout } = await bailoExp('sandbox', '--', process.execPath, example, '2MB')
    expect(stdout).toContain('has large.bin with 2000000 bytes')
  })

  it('writes a report as a page', async () => {
    await bailoExp('sandbox', '--demo', '--', 'clone-releases', '--quiet', '--report', 'run.html')
    expect(readFileSync(path.join(directory, 'run.html'), 'utf8')).toMatch(/^<!doctype html>/i)
  })

  it('has types that every way to resolve them finds', async () => {
    const attw = path.join(ROOT, 'node_modules/@arethetypeswrong/cli/dist/index.js')
    // It is of ECMAScript modules only, which is what this profile allows.
    const args = [attw, '--profile', 'esm-only', '--no-color', '--no-emoji', path.join(directory, tarball)]
    // It ends with another exit code than 0 when there is a problem.
    expect((await run(process.execPath, args, { cwd: directory })).stdout).toMatch(
      /node16 \(from ESM\).*OK \(ESM\)[^]*bundler.*OK/,
    )
  })
})

describe('an older Node.js', () => {
  it('is refused with a clear message', async () => {
    const script = path.join(directory, 'node_modules/bailo-exp/bin/run.js')
    const asOld = `Object.defineProperty(process.versions, 'node', { value: '18.20.0' }); Object.defineProperty(process, 'version', { value: 'v18.20.0' })`
    const preload = `data:text/javascript,${encodeURIComponent(asOld)}`
    const failure = await run(process.execPath, ['--import', preload, script, '--version'], { env: environment }).then(
      () => undefined,
      (error: unknown) => error as { code: number; stderr: string },
    )
    expect(failure).toMatchObject({ code: 2, stderr: 'bailo-exp needs Node.js 20.19 or newer; this is v18.20.0.\n' })
  })
})
