import { execFile } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startSandbox, type Sandbox } from '../../src/lib/sandbox/index.js'
import { environmentOf } from '../commands/failures.js'
import { readReleases } from '../commands/read-instance.js'
import { createConsumer, type Consumer } from './consumer.js'

let consumer: Consumer
let sandbox: Sandbox

beforeAll(async () => {
  consumer = createConsumer()
  sandbox = await startSandbox()
})

afterAll(async () => {
  await sandbox.close()
  await consumer.remove()
})

async function runNode(...args: string[]): Promise<{ stdout: string; stderr: string }> {
  const { PATH = '' } = process.env
  const env = { PATH, ...environmentOf(sandbox) }
  return promisify(execFile)(process.execPath, args, { cwd: consumer.directory, env, timeout: 50_000 })
}

/** What TypeScript says of files of the project, by name. */
function typeCheck(names: readonly string[]): Record<string, string> {
  const program = ts.createProgram({
    rootNames: names.map((name) => path.join(consumer.directory, name)),
    options: {
      target: ts.ScriptTarget.ES2023,
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      strict: true,
      exactOptionalPropertyTypes: true,
      allowJs: true,
      checkJs: true,
      noEmit: true,
      skipLibCheck: true,
      types: ['node'],
    },
  })
  const messages = Object.fromEntries(names.map((name) => [name, '']))
  for (const { file, messageText } of ts.getPreEmitDiagnostics(program)) {
    messages[path.basename(file?.fileName ?? '')] += ts.flattenDiagnosticMessageText(messageText, '\n')
  }
  return messages
}

describe('the installed package', () => {
  it('runs its example, and goes on in the same model', async () => {
    const first = await runNode('upload-1tb.mjs', '3MB', '30MB/s')
    const modelId = /\/model\/([^/]+)\/release\/1\.0\.0 has large\.bin with 3000000 bytes/.exec(first.stdout)?.[1] ?? ''
    expect(readFileSync(path.join(consumer.directory, '.local.env'), 'utf8')).toBe(`UPLOAD_1TB_MODEL_ID=${modelId}\n`)
    await runNode('upload-1tb.mjs', '4kB')
    const releases = await readReleases(sandbox, modelId)
    expect(releases.map(({ semver, files }) => [semver, files.map(({ name, size }) => [name, size])])).toEqual([
      ['1.0.0', [['large.bin', 3_000_000]]],
      ['1.1.0', [['large.bin', 4000]]],
    ])
  })

  it('has types that fit its examples, and that find mistakes', () => {
    const examples = readdirSync(consumer.directory).filter((name) => name.endsWith('.mjs'))
    expect(examples).toContain('upload-1tb.mjs')
    writeFileSync(
      path.join(consumer.directory, 'good.ts'),
      `import { connect, createModel, LazyStream, nextVersion, pushImage, uploadFile, type components, type PushedImage } from 'bailo-exp'
       const bailo = await connect({ url: 'http://localhost:8080', accessKey: 'a', secretKey: 's' })
       const modelId: string = await createModel(bailo, { name: 'm' })
       const image: PushedImage = await pushImage(bailo, { modelId, image: 'a:1', size: 5, platforms: ['linux/arm64'] })
       const version: string = await nextVersion(bailo, modelId, 'major')
       const open = (range?: { start?: number; end?: number }) =>
         new LazyStream({ sizeBytes: 9, fill: 'zeros', seed: 's', name: 'n', ...(range && { range }) })
       await uploadFile(bailo, { modelId, name: version, source: { sizeBytes: 9, open }, tags: [image.digest] })
       const { data } = await bailo.json.GET('/api/v2/models/search', {})
       const models: readonly { id: string }[] = data?.models ?? []
       const release: components['schemas']['Release'] | undefined = undefined
       export { models, release }`,
    )
    writeFileSync(
      path.join(consumer.directory, 'bad.ts'),
      `import { connect, uploadFile } from 'bailo-exp'
       await uploadFile(await connect(), { modelId: 'm', name: 'n', size: 5, fill: 'ones' })
       await (await connect()).json.GET('/api/v2/no-such-path', {})`,
    )
    const { 'bad.ts': mistakes, ...others } = typeCheck([...examples, 'good.ts', 'bad.ts'])
    expect(mistakes).toMatch(/"ones"[^]*no-such-path/)
    expect(others).toEqual({ ...Object.fromEntries(examples.map((name) => [name, ''])), 'good.ts': '' })
  })

  it('has no effects when it is imported', async () => {
    const script = `
      const look = () => JSON.stringify({
        listeners: process.eventNames().map(String).map((name) => [name, process.listenerCount(name)]),
        env: Object.keys(process.env),
        globals: Object.keys(globalThis),
        exitCode: process.exitCode,
      })
      const before = look()
      await import('bailo-exp')
      if (look() !== before) throw new Error(before + ' became ' + look())`
    const mark = sandbox.requests.length
    // It also ends by itself: nothing is left open.
    expect(await runNode('--input-type=module', '--eval', script)).toEqual({ stdout: '', stderr: '' })
    expect(sandbox.requests).toHaveLength(mark)
  })

  it('still has its command and its package.json, and keeps the rest to itself', async () => {
    const binary = path.join(consumer.directory, 'node_modules/bailo-exp/bin/run.js')
    expect((await runNode(binary, '--version')).stdout).toMatch(/^bailo-exp\/\d/)
    const script = `
      import { createRequire } from 'node:module'
      const require = createRequire(import.meta.url)
      console.log(require('bailo-exp/package.json').name, typeof require('bailo-exp').connect)
      await import('bailo-exp/dist/src/index.js').catch((error) => console.log(error.code))`
    writeFileSync(path.join(consumer.directory, 'look.mjs'), script)
    const { stdout } = await runNode('--no-warnings', 'look.mjs')
    expect(stdout).toBe('bailo-exp function\nERR_PACKAGE_PATH_NOT_EXPORTED\n')
  })
})
